import type { ExportDocument } from "./export-blocks.ts";

/**
 * Writes a conversation as Markdown (CommonMark).
 *
 * Threat: text of a model or file that becomes a picture or a page of its own when the export is viewed. All of it
 * stands in code fences that it cannot close.
 *
 * @param document The conversation.
 * @returns The text, ending in a line feed.
 */
export function exportMarkdown(document: ExportDocument): string {
  const lines = [`# ${plain(document.title)}`, ""];
  for (const [name, value] of document.facts) lines.push(`- ${name}: ${code(value)}`);
  for (const block of document.blocks) {
    lines.push("", `## ${plain(block.title)}`, "");
    if (block.label !== "") lines.push(`Origin: ${code(block.label)}`, "");
    const fence = fenceFor(block.text);
    lines.push(`${fence}text`, block.text.replace(/\n$/, ""), fence);
  }
  return `${lines.join("\n")}\n`;
}

function fenceFor(text: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`{3,}/g)) longest = Math.max(longest, run.length);
  return "`".repeat(longest + 1);
}

/** Text of one line outside fences: nothing in it is markup. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_{}[\]()<>#+\-.!|~&:/@]/g, (letter) => `\\${letter}`);
}

function code(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  const ticks = "`".repeat(Math.max(0, ...Array.from(line.matchAll(/`+/g), ([run]) => run.length)) + 1);
  return `${ticks} ${line} ${ticks}`;
}
