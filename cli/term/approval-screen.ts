import {
  type ApprovalRequest,
  type AtomicAction,
  describeTarget,
  type PreviewChange,
  type Verdict,
} from "../../core/mod.ts";
import { filesToChoose } from "./approval-keys.ts";
import { coversText } from "./covers-text.ts";
import { countDiff, unifiedDiff } from "./diff.ts";
import { reasonText } from "./reason-text.ts";
import { sanitizeLine } from "./sanitize.ts";
import type { Style } from "./style.ts";
import { displayWidth, wrapWidth } from "./width.ts";

/** Lines of a text that are shown at once; longer ones as head, count and tail. */
const TEXT_LINES = 24;
const TEXT_TAIL = 8;
/** Lines of all differences that are shown at once. */
const DIFF_LINES = 40;
/** The most lines of one difference, also in the details. */
const MAX_DETAIL_LINES = 2_000;

type Decided = ApprovalRequest["actions"][number];

/**
 * Writes a question as a person sees it: what exactly would happen, where, who asks, why, and what each answer means.
 * Every part that is not ours is sanitised.
 *
 * @param request The question.
 * @param view Width of the terminal, and whether everything is shown in full.
 * @returns Lines.
 */
export function approvalScreen(
  request: ApprovalRequest,
  view: { readonly columns: number; readonly details: boolean; readonly style: Style },
): readonly string[] {
  const body = [...previewLines(request, view.details), "", ...factLines(request)];
  const cells = Math.max(20, view.columns - 4);
  return [
    ...headLines(request, view.columns).map((line) => view.style.bold(line)),
    // Coloured after it was cut to width: the colours take no cells.
    ...body.flatMap((line) =>
      wrapWidth(line, cells).map((piece) => coloured(`   ${piece}`.trimEnd(), line, view.style))
    ),
  ];
}

/** Added and removed lines of a difference, and what runs later, stand out. */
function coloured(shown: string, line: string, style: Style): string {
  if (line.startsWith("  +")) return style.green(shown);
  if (line.startsWith("  -")) return style.red(shown);
  if (line.startsWith("  @@")) return style.dim(shown);
  return line.includes("RUNS LATER") ? style.yellow(shown) : shown;
}

/**
 * Writes the line of keys, and what each scope would cover.
 *
 * @param request The question.
 * @param columns Width of the terminal.
 * @returns Lines; the last one is waiting for a key.
 */
export function keyLines(request: ApprovalRequest, columns: number): readonly string[] {
  const keys = ["y once"];
  if (request.scopes.includes("session")) keys.push("s this session");
  if (request.scopes.includes("project")) keys.push("p this project");
  if (request.scopes.includes("package")) keys.push("k this package");
  keys.push("n no", "e no + say why");
  if (filesToChoose(request).length > 1) keys.push("f choose files");
  keys.push("d details", "? rule", "N never");
  const lines = wrapWords(keys, Math.max(20, columns - 4)).map((line) => `   ${line}`);
  const wide = request.scopes.some((scope) => scope !== "once");
  return [...(wide ? shapeLines(request, columns) : []), ...lines, "   Allow? [n] "];
}

/**
 * Says which rules ask, for the key `?`.
 *
 * @param request The question.
 * @returns Lines.
 */
export function ruleLines(request: ApprovalRequest): readonly string[] {
  return request.actions.flatMap(({ action, verdict }) => [
    `   ${action.capability} ${sanitizeLine(describeTarget(action.target))}`,
    `     ${verdict.decision}: ${ruleName(verdict)}${reasonAfter(verdict)}`,
    ...(verdict.hint === null ? [] : [`     ${sanitizeLine(verdict.hint)}`]),
  ]);
}

function reasonAfter(verdict: Verdict): string {
  const reason = reasonText(verdict);
  return reason === null ? "" : `: ${sanitizeLine(reason)}`;
}

/**
 * Says what a remembered answer would store, before it is confirmed.
 *
 * @param request The question.
 * @param columns Width of the terminal.
 * @returns Lines.
 */
export function shapeLines(request: ApprovalRequest, columns: number): readonly string[] {
  const shapes = request.actions.flatMap(({ verdict }) => verdict.approval === null ? [] : [verdict.approval.shape]);
  return [...new Set(shapes)].flatMap((shape) =>
    wrapWidth(`covers  ${sanitizeLine(coversText(shape))}`, Math.max(20, columns - 4)).map((line) => `   ${line}`)
  );
}

/** The mark stands at the end of the first line, however long the title is. */
function headLines(request: ApprovalRequest, columns: number): readonly string[] {
  const head = ` Approve${countText(request)}: ${actorName(request.actor)} wants to ${
    lowerFirst(sanitizeLine(request.title))
  }`;
  const mark = request.tainted ? "tainted" : "";
  const [first = "", ...rest] = wrapWidth(head, Math.max(20, columns - mark.length - 3));
  if (mark === "") return [first, ...rest];
  return [`${first}${" ".repeat(Math.max(2, columns - displayWidth(first) - mark.length - 1))}${mark}`, ...rest];
}

/** Which question of the reply it is, where there are several: whoever reads the first knows that it is not the last. */
function countText({ position }: ApprovalRequest): string {
  return position === undefined || position.of < 2 ? "" : ` ${position.at} of ${position.of}`;
}

function actorName(actor: string): string {
  if (actor === "model") return "the model";
  return actor === "person" ? "your command" : sanitizeLine(actor);
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

function previewLines(request: ApprovalRequest, details: boolean): readonly string[] {
  const { preview } = request;
  if (preview.kind === "text") return textLines(preview.text, details);
  const lines = changeLines(preview.changes, details);
  return preview.changes.length === 1 ? lines : [sanitizeLine(preview.summary), ...lines];
}

/** The end of a text is always shown: a long start must not hide it. */
function textLines(text: string, details: boolean): readonly string[] {
  const lines = text.split("\n").map(sanitizeLine);
  if (details || lines.length <= TEXT_LINES) return lines;
  const head = TEXT_LINES - TEXT_TAIL;
  const left = lines.length - TEXT_LINES;
  const bytes = new TextEncoder().encode(text).length;
  return [
    ...lines.slice(0, head),
    `… ${left} more lines, ${bytes} bytes in all (d shows them)`,
    ...lines.slice(lines.length - TEXT_TAIL),
  ];
}

function changeLines(changes: readonly PreviewChange[], details: boolean): readonly string[] {
  const lines: string[] = [];
  let left = details ? Number.POSITIVE_INFINITY : DIFF_LINES;
  for (const change of changes) {
    const diff = unifiedDiff(change.before, change.after);
    const { added, removed } = countDiff(diff);
    const later = change.runsLater ? "   RUNS LATER without being asked again" : "";
    lines.push(`${change.kind} ${sanitizeLine(change.path)}  +${added} -${removed}  ${change.bytes} bytes${later}`);
    if (diff.length === 0 && change.kind !== "chmod") lines.push(`  (${nothingShown(change)})`);
    const shown = diff.slice(0, Math.min(left, MAX_DETAIL_LINES));
    lines.push(...shown.map((line) => `  ${line}`));
    left -= shown.length;
    if (shown.length < diff.length) {
      lines.push(`  … ${diff.length - shown.length} more lines${details ? "" : " (d shows them)"}`);
    }
  }
  return lines;
}

/** Why there is no difference to look at. */
function nothingShown({ kind, before, after, bytes }: PreviewChange): string {
  if (kind === "symlink") return "a symbolic link";
  if (kind === "create" && bytes === 0) return "an empty file";
  if (kind === "delete" && before === "") return "it is empty";
  if (kind === "modify" && bytes === 0) return "not text; empty afterwards";
  return before !== null && before === after ? "the same text" : "not text";
}

function factLines(request: ApprovalRequest): readonly string[] {
  const asks = request.actions.filter(({ verdict }) => verdict.decision === "requires_approval");
  const classes = [...new Set(request.actions.flatMap(({ action }) => action.classes))];
  const handles = request.handles.length === 0 ? "no handles" : request.handles.map(sanitizeLine).join(" ");
  return [
    ...targetLines(request.actions),
    `tier ${request.tier}   data ${classes.join(" ") || "unknown"}   ${handles}`,
    ...why(asks),
    `origin  ${originText(request)}   digest ${request.digest.slice(0, 7)}…${request.digest.slice(-4)}`,
  ];
}

/** Where it would happen: every target with its capability, unless the preview is exactly that. */
function targetLines(decided: readonly Decided[]): readonly string[] {
  const lines = decided.map(({ action }) => `${action.capability.padEnd(16)} ${targetText(action)}`);
  const unique = [...new Set(lines)];
  if (unique.length <= 12) return unique;
  return [...unique.slice(0, 8), `… ${unique.length - 11} more (d shows the rules of all with ?)`, ...unique.slice(-3)];
}

function targetText(action: AtomicAction): string {
  const { target } = action;
  const text = sanitizeLine(describeTarget(target));
  return target.kind === "command" ? `${text}   in ${sanitizeLine(target.cwd)}` : text;
}

function why(asks: readonly Decided[]): readonly string[] {
  const reasons = asks.map(({ verdict }) => `why     ${ruleName(verdict)} asks${reasonAfter(verdict)}`);
  return [...new Set(reasons)].slice(0, 4);
}

function ruleName(verdict: Verdict): string {
  return verdict.rule === null ? "no rule" : `rule "${sanitizeLine(verdict.rule)}" (${verdict.layer ?? "none"})`;
}

function originText(request: ApprovalRequest): string {
  if (!request.tainted) return request.actor === "person" ? "you asked for it" : "your own words";
  const names = request.origins.slice(0, 4).map(sanitizeLine).join(", ");
  return names === "" ? "written after untrusted text was read" : `written after reading ${names}`;
}

function wrapWords(words: readonly string[], cells: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(last) + 2 + displayWidth(word) <= cells) {
      lines[lines.length - 1] = `${last}  ${word}`;
    } else lines.push(word);
  }
  return lines;
}
