import type { AuditStats } from "../stats.ts";
import type { VerifyReport } from "../verify.ts";
import { decisionBars, legend, outcomeBars, timeline, type TimeSpan } from "./charts.ts";
import { Html, html } from "./html.ts";
import type { ReportData } from "./report-data.ts";
import { STYLE } from "./style.ts";
import {
  approvalTable,
  changeTable,
  denialTable,
  duration,
  eventTable,
  handleTable,
  stamp,
  tallyTable,
  verifyTable,
} from "./tables.ts";

/** What the page says besides the events. */
export interface ReportFacts {
  /** What it is about, e.g. the project's folder name. */
  readonly title: string;
  /** What verifying the sessions on the page gave. */
  readonly verified: VerifyReport;
  /** When it was made, in milliseconds since 1970. */
  readonly made: number;
  /** Version of this program. */
  readonly version: string;
  /** Id of the installation's signing key, or `null`. */
  readonly signer: string | null;
  /** `true`: targets and reasons were replaced by tags. */
  readonly redacted: boolean;
}

interface ReportInput extends ReportFacts {
  readonly data: ReportData;
  readonly stats: AuditStats;
}

/**
 * Renders one self-contained page: no script, nothing loaded from elsewhere, every text escaped.
 *
 * @param data The events, summed up.
 * @param facts The rest of what it shows.
 * @returns HTML.
 */
export function renderReport(data: ReportData, facts: ReportFacts): string {
  const { title, verified } = facts;
  const stats = data.stats.finish(verified.sessions.length);
  const input: ReportInput = { ...facts, data, stats };
  const span = spanOf(data, input.made);
  const body = html`<main>${heading(input, span)}${verdict(verified)}${cards(input)}
<h2>Timeline</h2>${
    data.marks.length === 0
      ? html`<p class="note">No call was proposed.</p>`
      : html`${legend()}${timeline(data.marks, span)}
<h3>Decisions over time</h3>${decisionBars(data.marks, span)}`
  }
<h2>Decisions</h2><h3>By rule</h3>${outcomeBars("rule", data.rules)}
<div class="two"><div><h3>By capability</h3>${outcomeBars("capability", data.capabilities)}</div><div><h3>By tool</h3>${
    outcomeBars("tool", data.tools)
  }</div></div><h3>By isolation tier</h3>${outcomeBars("tier", data.tiers)}
<h2>Denied</h2>${denialTable(data.denials)}
<h2>Approvals</h2>${approvals(input)}
<h2>Secrets</h2>${handleTable(data.handles)}<h3>Masked values</h3>${tallyTable(stats.redactions, "class")}${
    data.leaks.length === 0 ? "" : html`<h3>Stopped on their way out</h3>${changeTable(data.leaks)}`
  }
<h2>Changes of what is allowed</h2>${changeTable(data.changes)}
<h2>Failures</h2>${tallyTable(data.failures.counts(), "code")}${dangling(data)}
<h2>Verification</h2>${verifyTable(verified)}${
    data.all.length === 0 ? "" : html`<h2>Every event</h2>${eventTable(data.all)}`
  }
${footer(input)}</main>`;
  const page = html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width">
        <meta name="referrer" content="no-referrer">
        <title>Audit report: ${title}</title>
        <style>${new Html(STYLE)}</style>
      </head>
      <body>${body}</body>
    </html>
  `;
  // Whoever looks at the first bytes must find the kind of document there.
  return `${page.toString().trim()}\n`;
}

function heading({ title, redacted }: ReportInput, span: TimeSpan): Html {
  return html`
    <h1>Audit report</h1>
    <p class="sub">${title}, ${stamp(span.from)} to ${stamp(span.to)} UTC${redacted
      ? "; targets and reasons are shown as tags"
      : ""}</p>
  `;
}

function verdict(verified: VerifyReport): Html {
  const bad = verified.sessions.filter(({ ok }) => !ok).length;
  const full = verified.sessions.every(({ checked }) => checked === "full");
  if (verified.ok) {
    const what = full ? "signatures, chain, both ledgers and every event" : "signatures, chain and both ledgers";
    return html`
      <div
        class="verdict good"><b>Verified</b><span>${verified.sessions
          .length} sessions: ${what} hold; nothing was changed, removed, reordered or cut off.</span></div>
    `;
  }
  const codes = new Set(
    [...verified.sessions.flatMap(({ problems }) => problems), ...verified.problems].map(({ code }) => code),
  );
  return html`
    <div
      class="verdict bad"><b>Not sound</b><span>${bad} of ${verified.sessions.length} sessions failed: ${[...codes]
        .join(", ")}. See Verification below before relying on anything here.</span></div>
  `;
}

function cards({ data, stats }: ReportInput): Html {
  const { decision } = stats.by;
  const { p50_ms: p50 } = stats.approvals;
  const list: readonly (readonly [string, string | number, string])[] = [
    ["sessions", stats.sessions, "sessions"],
    ["events", stats.events, "events"],
    ["proposed", data.marks.length, "calls proposed"],
    ["allow", (decision["allow"] ?? 0) + (decision["allow_with_redaction"] ?? 0), "allowed"],
    ["ask", decision["requires_approval"] ?? 0, "asked"],
    ["deny", decision["deny"] ?? 0, "denied"],
    ["approvals", stats.approvals.count, "answers of people"],
    ["p50", p50 === null ? "\u2013" : duration(p50), "to answer (median)"],
    ["handles", data.handles.length, "secrets used"],
    ["masked", Object.values(stats.redactions).reduce((sum, count) => sum + count, 0), "values masked"],
  ];
  return html`<div class="cards">${
    list.map(([kind, value, name]) =>
      html`<div class="card ${kind}" data-figure="${kind}"><b>${value}</b>${name}</div>`
    )
  }</div>`;
}

function approvals({ data, stats }: ReportInput): Html {
  const { p50_ms: p50, p95_ms: p95 } = stats.approvals;
  const note = p50 === null
    ? ""
    : html`<p class="note">Answered in ${duration(p50)} (median), ${duration(p95 ?? p50)} (95th percentile).</p>`;
  return html`${note}${approvalTable(data.approvals)}`;
}

function dangling(data: ReportData): Html | "" {
  if (data.dangling.length === 0) return "";
  return html`
    <h3>Allowed, but without a result</h3>
    <p class="note">The process died in between: the effect may or may not have happened.</p>
    <p class="mono">${data.dangling.slice(0, 100).join(" ")}</p>
  `;
}

function footer({ made, version, signer }: ReportInput): Html {
  return html`<footer>Made ${stamp(made)} UTC by agentzero ${version}${
    signer === null ? "" : html`; the record is signed by key <code>${signer}</code>`
  }. The record proves what was decided, not what an approved program did in its sandbox. A page can be edited: to be sure, run <code>agentzero audit verify</code> on the record itself.</footer>`;
}

function spanOf(data: ReportData, made: number): TimeSpan {
  const times = data.marks.map(({ ts }) => ts);
  const from = times.reduce((least, ts) => Math.min(least, ts), times[0] ?? made);
  const to = times.reduce((most, ts) => Math.max(most, ts), times[0] ?? made);
  return { from, to: Math.max(to, from + 1000) };
}
