import { type Html, html } from "./html.ts";
import type { Mark, Outcome } from "./report-data.ts";
import type { Tally } from "../stats.ts";

/** The outcomes in the order they are stacked. */
export const OUTCOMES: readonly Outcome[] = ["allow", "redact", "ask", "deny"];
/** What the outcomes are called on the page. */
export const OUTCOME_NAMES: Readonly<Record<Outcome, string>> = {
  allow: "allowed",
  redact: "allowed, masked",
  ask: "asked",
  deny: "denied",
};

const WIDTH = 960;
const LEFT = 8;
const BUCKETS = 48;
const BAR_HEIGHT = 140;
const LANE = 18;
const MAX_LANES = 40;
const MAX_MARKS = 4000;

/** A stretch of time on the x axis. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** Explains the colours. */
export function legend(): Html {
  return html`<p class="legend">${
    OUTCOMES.map((outcome) => html`<span><i class="${outcome}"></i>${OUTCOME_NAMES[outcome]}</span>`)
  }</p>`;
}

/** Stacked bars: how many calls were settled in which way, over time. */
export function decisionBars(marks: readonly Mark[], span: TimeSpan): Html {
  const step = Math.max(1, (span.to - span.from) / BUCKETS);
  const buckets = Array.from({ length: BUCKETS }, () => ({ allow: 0, redact: 0, ask: 0, deny: 0 }));
  for (const { ts, outcome } of marks) {
    const bucket = buckets[Math.min(BUCKETS - 1, Math.floor((ts - span.from) / step))];
    if (bucket !== undefined) bucket[outcome]++;
  }
  const most = Math.max(1, ...buckets.map((bucket) => OUTCOMES.reduce((sum, outcome) => sum + bucket[outcome], 0)));
  const width = (WIDTH - 2 * LEFT) / BUCKETS;
  const bars = buckets.flatMap((bucket, index) => {
    let top = BAR_HEIGHT;
    return OUTCOMES.filter((outcome) => bucket[outcome] > 0).map((outcome) => {
      const height = bucket[outcome] / most * (BAR_HEIGHT - 12);
      top -= height;
      const at = new Date(span.from + index * step).toISOString().slice(0, 16).replace("T", " ");
      return html`
        <rect class="${outcome}" x="${round(LEFT + index * width + 1)}" y="${round(top)}" width="${round(
          width - 2,
        )}" height="${round(height)}">
          <title>${at}: ${bucket[outcome]} ${OUTCOME_NAMES[outcome]}</title>
        </rect>
      `;
    });
  });
  return html`
    <svg viewBox="0 0 ${WIDTH} ${BAR_HEIGHT + 24}" role="img"
      aria-label="Decisions over time"><line class="axis" x1="${LEFT}" x2="${WIDTH -
        LEFT}" y1="${BAR_HEIGHT}" y2="${BAR_HEIGHT}"/><text class="tick" x="${LEFT}" y="10">${most}</text>${bars}${ticks(
          span,
          BAR_HEIGHT + 16,
        )}</svg>
  `;
}

/** One lane a session, one mark a call. */
export function timeline(marks: readonly Mark[], span: TimeSpan): Html {
  const sessions = [...new Set(marks.map(({ session }) => session))].toReversed();
  const lanes = sessions.slice(0, MAX_LANES);
  const kept = marks.length <= MAX_MARKS ? marks : thin(marks);
  const height = lanes.length * LANE + 28;
  const rows = lanes.map((session, index) => {
    const y = index * LANE + LANE / 2 + 2;
    const own = kept.filter((mark) => mark.session === session);
    const [first, last] = [own[0], own.at(-1)];
    return html`<g><title>${session}</title>${
      first === undefined || last === undefined ? "" : html`
        <line class="lane" x1="${x(first.ts, span)}" x2="${x(last.ts, span)}" y1="${y}" y2="${y}" />
      `
    }${
      own.map((mark) =>
        html`
          <circle class="${mark.outcome}" cx="${x(mark.ts, span)}" cy="${y}" r="${mark.outcome === "allow" ? 3 : 4.5}">
            <title>${new Date(mark.ts).toISOString().slice(11, 19)} ${OUTCOME_NAMES[mark.outcome]}: ${mark.label.slice(
              0,
              200,
            )}</title>
          </circle>
        `
      )
    }</g>`;
  });
  const more = sessions.length > lanes.length
    ? html`<p class="note">and ${sessions.length - lanes.length} older sessions</p>`
    : "";
  return html`
    <svg viewBox="0 0 ${WIDTH} ${height}" role="img"
      aria-label="Timeline of calls by session">${rows}${ticks(span, height - 6)}</svg>${more}
  `;
}

/** Horizontal stacked bars, one a name. */
export function outcomeBars(kind: string, by: ReadonlyMap<string, Tally>, most = 20): Html {
  const rows = [...by].map(([name, tally]) => {
    const counts = tally.counts();
    const parts = OUTCOMES.map((outcome) => ({ outcome, count: counts[outcome] ?? 0 }));
    return { name, parts, total: parts.reduce((sum, { count }) => sum + count, 0) };
  }).toSorted((a, b) => b.total - a.total);
  const highest = Math.max(1, ...rows.map(({ total }) => total));
  const shown = rows.slice(0, most).map(({ name, parts, total }) => {
    let left = 0;
    const rects = parts.filter(({ count }) => count > 0).map(({ outcome, count }) => {
      const width = count / highest * 100;
      const rect = html`
        <rect class="${outcome}" x="${round(left)}" y="0" width="${round(width)}" height="10">
          <title>${count} ${OUTCOME_NAMES[outcome]}</title>
        </rect>
      `;
      left += width;
      return rect;
    });
    return html`
      <tr data-by="${kind}">
        <th scope="row">${name}</th>
        <td class="bar">
          <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${rects}</svg>
        </td>
        <td class="num">${total}</td>
        <td class="note">${parts.filter(({ count, outcome }) => count > 0 && outcome !== "allow").map((
          { outcome, count },
        ) => `${count} ${OUTCOME_NAMES[outcome]}`).join(", ")}</td>
      </tr>
    `;
  });
  if (shown.length === 0) return html`<p class="note">none</p>`;
  const rest = rows.length > most
    ? html`
      <tr>
        <td colspan="4" class="note">and ${rows.length - most} more</td>
      </tr>
    `
    : "";
  return html`<table class="bars">${shown}${rest}</table>`;
}

function ticks(span: TimeSpan, y: number): Html {
  const whole = span.to - span.from;
  const digits = whole > 3 * 86_400_000 ? [0, 10] as const : whole < 600_000 ? [11, 19] as const : [5, 16] as const;
  const at = [0, 0.25, 0.5, 0.75, 1].map((part) => ({ part, ts: span.from + whole * part }));
  return html`${
    at.map(({ part, ts }) =>
      html`<text class="tick" x="${x(ts, span)}" y="${y}" text-anchor="${
        part === 0 ? "start" : part === 1 ? "end" : "middle"
      }">${new Date(ts).toISOString().slice(...digits).replace("T", " ")}</text>`
    )
  }`;
}

function x(ts: number, span: TimeSpan): string {
  return round(LEFT + (ts - span.from) / Math.max(1, span.to - span.from) * (WIDTH - 2 * LEFT));
}

/** Keeps everything that is not a plain allow, and as many of the others as fit. */
function thin(marks: readonly Mark[]): readonly Mark[] {
  const step = Math.ceil(marks.length / MAX_MARKS);
  return marks.filter(({ outcome }, index) => outcome === "deny" || index % step === 0);
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
