import { isAbsolute, join } from "node:path";
import type { ToolCallContent, ToolCallLocation } from "@agentclientprotocol/sdk";
import type { PreviewChange } from "../../core/mod.ts";
import { unifiedDiff } from "../term/diff.ts";
import type { Clean } from "./clean.ts";

/** A larger side of a difference is shown as text instead. */
const MAX_SIDE_BYTES = 256 * 1_024;
const MAX_TEXT_CHARS = 64 * 1_024;
const MAX_PATH_CHARS = 4_096;

/**
 * Shows file changes to a client: as differences it can draw, or as text where they are too large or no text at all.
 *
 * @param changes The changes, masked.
 * @param project Real path of the project.
 * @param clean The way out.
 * @returns One part a change.
 */
export function diffContent(
  changes: readonly PreviewChange[],
  project: string,
  clean: Clean,
): readonly ToolCallContent[] {
  return changes.map((change): ToolCallContent => {
    const flag = change.runsLater ? " (RUNS LATER without a question)" : "";
    if (change.kind === "create" || change.kind === "modify") {
      const small = bytesOf(change.before) <= MAX_SIDE_BYTES && bytesOf(change.after) <= MAX_SIDE_BYTES;
      if (change.after !== null && small) {
        return {
          type: "diff",
          path: shownPath(change, project, clean),
          oldText: change.before === null ? null : clean.text(change.before),
          newText: clean.text(change.after),
        };
      }
      if (change.after !== null) {
        const lines = unifiedDiff(change.before, change.after).join("\n");
        return textPart(`${change.kind} ${change.path}${flag}\n${lines}`, clean);
      }
    }
    return textPart(`${change.kind} ${change.path}, ${change.bytes} bytes${flag}`, clean);
  });
}

/**
 * Names where changes are, for a client that follows along.
 *
 * @param changes The changes.
 * @param project Real path of the project; paths outside it are never named.
 * @returns Absolute paths with the first changed line.
 */
export function changeLocations(
  changes: readonly PreviewChange[],
  project: string,
  clean: Clean,
): ToolCallLocation[] {
  return changes.flatMap((change) => {
    if (isAbsolute(change.path) || change.path === ".." || change.path.startsWith("../")) return [];
    const path = clean.path(join(project, change.path));
    return path === null ? [] : [{ path, line: firstChangedLine(change) }];
  });
}

/** A text as a part of a call's content. */
export function textPart(text: string, clean: Clean): ToolCallContent {
  return { type: "content", content: { type: "text", text: cut(clean.text(text)) } };
}

/**
 * A text from elsewhere as a part of a call's content: what a tool gave, what a question is about.
 *
 * Threat: editors draw these texts as Markdown. A picture in a file that was read would be fetched from wherever it says,
 * and a heading or a link would look like one of ours. Inside a fence it is only letters.
 *
 * @param text The text, untrusted.
 * @param clean The way out.
 * @returns The part.
 */
export function fencedPart(text: string, clean: Clean): ToolCallContent {
  const shown = cut(clean.text(text));
  const runs = [...shown.matchAll(/`+/g)].map(([run]) => run.length);
  const fence = "`".repeat(Math.max(3, ...runs.map((length) => length + 1)));
  return { type: "content", content: { type: "text", text: `${fence}\n${shown.replace(/\n$/, "")}\n${fence}` } };
}

function cut(shown: string): string {
  return shown.length > MAX_TEXT_CHARS ? `${shown.slice(0, MAX_TEXT_CHARS)}\n… (cut)` : shown;
}

// What cannot be opened is still named, in a form that can be read.
function shownPath({ path }: PreviewChange, project: string, clean: Clean): string {
  const whole = isAbsolute(path) ? path : join(project, path);
  return clean.path(whole) ?? clean.line(whole, MAX_PATH_CHARS);
}

function firstChangedLine({ before, after }: PreviewChange): number {
  const [old, now] = [(before ?? "").split("\n"), (after ?? "").split("\n")];
  const at = now.findIndex((line, index) => line !== old[index]);
  return at < 0 ? 1 : at + 1;
}

function bytesOf(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(text);
}
