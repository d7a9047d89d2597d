import { join } from "node:path";
import type { ToolCallContent, ToolCallLocation } from "@agentclientprotocol/sdk";
import type { PreviewChange } from "../../core/mod.ts";
import { unifiedDiff } from "../term/diff.ts";
import type { Clean } from "./clean.ts";

/** A larger side of a difference is shown as text instead. */
const MAX_SIDE_BYTES = 256 * 1_024;
const MAX_TEXT_CHARS = 64 * 1_024;

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
          path: join(project, change.path),
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
export function changeLocations(changes: readonly PreviewChange[], project: string): ToolCallLocation[] {
  return changes.filter(({ path }) => !path.startsWith("/") && !path.startsWith("..")).map((change) => ({
    path: join(project, change.path),
    line: firstChangedLine(change),
  }));
}

/** A text as a part of a call's content. */
export function textPart(text: string, clean: Clean): ToolCallContent {
  const shown = clean.text(text);
  const cut = shown.length > MAX_TEXT_CHARS ? `${shown.slice(0, MAX_TEXT_CHARS)}\n… (cut)` : shown;
  return { type: "content", content: { type: "text", text: cut } };
}

function firstChangedLine({ before, after }: PreviewChange): number {
  const [old, now] = [(before ?? "").split("\n"), (after ?? "").split("\n")];
  const at = now.findIndex((line, index) => line !== old[index]);
  return at < 0 ? 1 : at + 1;
}

function bytesOf(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(text);
}
