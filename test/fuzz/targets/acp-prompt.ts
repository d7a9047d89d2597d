import { isAbsolute } from "node:path";
import type { ContentBlock } from "@agentclientprotocol/sdk";
import { readMarks } from "../../../cli/acp/marks.ts";
import { readPrompt } from "../../../cli/acp/prompt-in.ts";
import { bytesOf, type FuzzTarget, violated } from "../target.ts";

/** Prompts of an editor, in the shapes that the protocol library lets through. */
export function open(): FuzzTarget {
  return {
    samples: [
      [{ type: "text", text: "hello" }, { type: "resource_link", uri: "file:///a/b.ts", name: "b" }],
      [{ type: "resource", resource: { uri: "file:///a%20b", text: "x", mimeType: "text/plain" } }],
      [{ type: "resource_link", uri: "https://example.com/", name: "x" }],
      [{ type: "image", data: "AA==", mimeType: "image/png" }],
    ].map((blocks) => bytesOf(JSON.stringify(blocks))),
    words: [
      "file://",
      "file:///",
      "file://host/x",
      "%00",
      "%2F",
      "..",
      "text",
      "resource",
      "resource_link",
      "uri",
      "name",
    ],
    check(input) {
      const blocks = blocksOf(input);
      if (blocks === null) return "no prompt";
      readMarks({ _meta: blocks[0] });
      try {
        const { parts } = readPrompt(blocks);
        for (const { path } of parts) {
          if (path !== null && (!isAbsolute(path) || path.includes("\0"))) {
            throw violated(`a path: ${JSON.stringify(path)}`);
          }
        }
        return `ok ${parts[0]?.kind ?? "text"}`;
      } catch (cause) {
        if (!(cause instanceof Error) || !("code" in cause) || cause.code !== -32602) throw cause;
        return cause.message.replaceAll(/"[^"]*"/g, "_");
      }
    },
  };
}

/** What the library's own check leaves: a list of blocks whose known fields have the right kinds. */
function blocksOf(input: Uint8Array): ContentBlock[] | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(input).toString("utf8"));
    return Array.isArray(value) && value.every(isBlock) ? value : null;
  } catch {
    return null;
  }
}

function isBlock(value: unknown): value is ContentBlock {
  const { type, text, uri, name, resource } = Object(value) as Record<string, unknown>;
  if (type === "text") return typeof text === "string";
  if (type === "resource_link") return typeof uri === "string" && typeof name === "string";
  if (type === "resource") return typeof Object(resource).uri === "string";
  return type === "image" || type === "audio";
}
