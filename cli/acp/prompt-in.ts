import { fileURLToPath } from "node:url";
import type { ContentBlock } from "@agentclientprotocol/sdk";
import { ACP_CODE, acpError } from "./acp-error.ts";

/** What a prompt brings along besides the person's words. */
export type PromptPart =
  /** An address; nothing behind it was looked at. */
  | { readonly kind: "link"; readonly uri: string; readonly name: string; readonly path: string | null }
  /** The text of a file as the editor has it. */
  | { readonly kind: "resource"; readonly uri: string; readonly path: string | null; readonly text: string };

/** A prompt, taken apart. */
export interface PromptParts {
  /** The person's own words. */
  readonly text: string;
  readonly parts: readonly PromptPart[];
}

const MAX_TEXT_BYTES = 1_048_576;
const MAX_RESOURCE_BYTES = 256 * 1_024;
const MAX_PARTS = 64;

/**
 * Takes a prompt apart. Nothing is opened: what an address leads to may be read later, through the gate.
 *
 * @param blocks As the client sent them.
 * @returns Text and parts.
 * @throws {RequestError} -32602 for pictures, sound, binary resources, and for too much of anything.
 */
export function readPrompt(blocks: readonly ContentBlock[]): PromptParts {
  const texts: string[] = [];
  const parts: PromptPart[] = [];
  for (const block of blocks) {
    switch (block.type) {
      case "text":
        texts.push(block.text);
        break;
      case "resource_link":
        parts.push({ kind: "link", uri: block.uri, name: block.name, path: localPath(block.uri) });
        break;
      case "resource":
        parts.push(readResource(block.resource));
        break;
      default:
        throw refused(`"${block.type}" is not supported`);
    }
  }
  const text = texts.join("\n");
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES) throw refused("its text has more than 1 MiB");
  if (parts.length > MAX_PARTS) throw refused(`it has more than ${MAX_PARTS} resources`);
  return { text, parts };
}

function readResource(resource: Extract<ContentBlock, { type: "resource" }>["resource"]): PromptPart {
  if (!("text" in resource) || typeof resource.text !== "string") throw refused("a resource is not text");
  if (Buffer.byteLength(resource.text) > MAX_RESOURCE_BYTES) throw refused("a resource has more than 256 KiB");
  return { kind: "resource", uri: resource.uri, path: localPath(resource.uri), text: resource.text };
}

/** The path of a `file:` address on this machine, or `null`: another host, another scheme, not a path. */
function localPath(uri: string): string | null {
  try {
    const url = new URL(uri);
    if (url.protocol !== "file:" || (url.hostname !== "" && url.hostname !== "localhost")) return null;
    const path = fileURLToPath(`file://${url.pathname}`);
    // `%00` has a place in an address and none in a path.
    return path.includes("\0") ? null : path;
  } catch {
    return null;
  }
}

function refused(why: string): Error {
  return acpError(ACP_CODE.params, `Cannot take the prompt: ${why}`, {
    code: "PROMPT_INVALID",
    hint: "send text, links to files, or text resources",
  });
}
