import type { AuditEvent } from "../event.ts";
import { timestampOf } from "../event-reader.ts";
import type { VerifyReport } from "../verify.ts";
import { type Html, html } from "./html.ts";
import { type HandleUse, MAX_ROWS, type Row } from "./report-data.ts";

/** A time for people, UTC. */
export function stamp(ms: number): string {
  return timestampOf(ms).slice(0, 19).replace("T", " ");
}

/** A length of time for people. */
export function duration(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

/** Denied calls: what, where, by which rule, why. */
export function denialTable(rows: readonly Row[]): Html {
  return table(["Time", "Tool", "Target", "Rule", "Reason"], rows, ({ ts, event }) => [
    html`<td class="time">${stamp(ts)}</td>`,
    html`<td>${toolOf(event)}</td>`,
    html`<td class="mono">${targetsOf(event)}</td>`,
    html`<td>${ruleOf(event)}</td>`,
    html`<td>${
      event.approval?.answer == null ? event.reason : `a person did not allow it (${event.approval.answer})`
    }</td>`,
  ]);
}

/** Questions: what was asked, who answered how, for how long it counts, how long it took. */
export function approvalTable(rows: readonly Row[]): Html {
  return table(["Time", "What", "Target", "Answer", "Scope", "Who", "Took"], rows, ({ ts, event }) => [
    html`<td class="time">${stamp(ts)}</td>`,
    html`<td>${toolOf(event)}</td>`,
    html`<td class="mono">${targetsOf(event)}</td>`,
    html`<td><span class="tag ${event.approval?.answer === "allow" ? "allow" : "deny"}">${
      event.approval?.answer ?? "none"
    }</span></td>`,
    html`<td class="word">${event.approval?.scope}</td>`,
    html`<td>${
      [event.approval?.channel, event.actor?.uid == null ? null : `uid ${event.actor.uid}`].filter((part) =>
        part != null
      ).join(", ")
    }</td>`,
    html`<td class="num">${event.approval?.latency_ms == null ? "" : duration(event.approval.latency_ms)}</td>`,
  ]);
}

/** Uses of secrets: the handle, never a value. */
export function handleTable(handles: readonly HandleUse[]): Html {
  if (handles.length === 0) return html`<p class="note">No secret was used.</p>`;
  return html`
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th>Handle</th>
            <th class="num">Uses</th>
            <th class="num">Denied</th>
            <th>Where</th>
            <th>Last</th>
          </tr>
        </thead>
        <tbody>${handles.map(({ handle, uses, denied, places, last }) =>
          html`
            <tr>
              <td class="mono">${handle}</td>
              <td class="num">${uses}</td>
              <td class="num">${denied}</td>
              <td class="mono">${places.slice(0, 8).join(", ")}</td>
              <td class="time">${stamp(last)}</td>
            </tr>
          `
        )}</tbody>
      </table>
    </div>
  `;
}

/** Lifecycle events that changed what is allowed. */
export function changeTable(rows: readonly Row[]): Html {
  return table(["Time", "Event", "What"], rows, ({ ts, event }) => [
    html`<td class="time">${stamp(ts)}</td>`,
    html`<td class="word">${event.event}</td>`,
    html`<td>${
      [event.reason, event.skill?.id, event.secret_handles?.join(" "), event.policy].filter((part) =>
        part != null && part !== ""
      ).join("; ")
    }</td>`,
  ]);
}

/** Every event, one a row, in the order they were recorded. */
export function eventTable(rows: readonly Row[]): Html {
  const body = rows.map(({ ts, seq, event }) =>
    html`
      <tr>
        <td class="num">${seq}</td>
        <td class="time">${stamp(ts)}</td>
        <td class="word">${event.event}</td>
        <td class="word">${event.approval?.answer ?? event.result?.status ?? event.decision}</td>
        <td>${toolOf(event)}</td>
        <td class="mono">${targetsOf(event)}</td>
        <td>${ruleOf(event)}</td>
        <td>${event.result?.error?.code ?? event.reason}</td>
      </tr>
    `
  );
  const head = ["#", "Time", "Event", "Outcome", "Tool", "Target", "Rule", "Detail"].map((name) =>
    html`<th>${name}</th>`
  );
  return html`
    <div class="wide">
      <table>
        <thead>
          <tr>${head}</tr>
        </thead>
        <tbody>${body}</tbody>
      </table>
    </div>
  `;
}

/** Names and counts. */
export function tallyTable(counts: Readonly<Record<string, number>>, what: string): Html {
  const rows = Object.entries(counts);
  if (rows.length === 0) return html`<p class="note">None.</p>`;
  return html`
    <table class="bars">
      <thead>
        <tr>
          <th>${what}</th>
          <th class="num">count</th>
        </tr>
      </thead>
      <tbody>${rows.slice(0, MAX_ROWS).map(([name, count]) =>
        html`
          <tr data-by="${what}">
            <th scope="row">${name}</th>
            <td class="num">${count}</td>
          </tr>
        `
      )}</tbody>
    </table>
  `;
}

/** What verify found, session by session, with the head of each chain. */
export function verifyTable(verified: VerifyReport): Html {
  const rows = verified.sessions.map((each) =>
    html`
      <tr>
        <td><span class="tag ${each.ok ? "allow" : "deny"}">${each.ok ? "ok" : "FAILED"}</span></td>
        <td class="mono">${each.session}</td>
        <td class="num">${each.events}</td>
        <td class="word">${each.closed ? "closed" : "open"}</td>
        <td class="word">${each.checked}</td>
        <td class="mono">${each.head}</td>
        <td>${each.problems.map(({ code, seq, detail }) => `${code}${seq === null ? "" : ` at ${seq}`}: ${detail}`)
          .join("; ")}</td>
      </tr>
    `
  );
  const ledgers = verified.problems.map(({ code, detail }) => html`<p>${code}: ${detail}</p>`);
  return html`
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th></th>
            <th>Session</th>
            <th class="num">Events</th>
            <th>End</th>
            <th>Checked</th>
            <th>Head</th>
            <th>Problems</th>
          </tr>
        </thead>
        <tbody>${rows}</tbody>
      </table>
    </div>${ledgers}
  `;
}

function table(
  head: readonly string[],
  rows: readonly Row[],
  cells: (row: Row) => readonly Html[],
): Html {
  if (rows.length === 0) return html`<p class="note">None.</p>`;
  // Of a long list the newest rows count most.
  const shown = rows.slice(-MAX_ROWS).toReversed();
  const more = rows.length > shown.length ? html`<p class="note">and ${rows.length - shown.length} older ones</p>` : "";
  return html`
    <div class="wide">
      <table>
        <thead>
          <tr>${head.map((name) => html`<th>${name}</th>`)}</tr>
        </thead>
        <tbody>${shown.map((row) => html`<tr>${cells(row)}</tr>`)}</tbody>
      </table>
    </div>${more}
  `;
}

function toolOf(event: AuditEvent): string {
  return event.tool ?? event.action ?? event.capability ?? "";
}

function targetsOf(event: AuditEvent): string {
  const targets = (event.actions ?? []).map(({ target }) => target).filter((target) => target != null);
  const shown = targets.slice(0, 4).join(", ");
  return targets.length > 4 ? `${shown} and ${targets.length - 4} more` : shown;
}

function ruleOf(event: AuditEvent): string {
  if (event.rule == null) return "";
  return event.layer == null ? event.rule : `${event.rule} (${event.layer})`;
}
