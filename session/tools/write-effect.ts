import { b2, type PathTarget } from "../../core/mod.ts";
import { type FileState, runsLater, SANDBOX_BOUNDS } from "../../sandbox/mod.ts";
import { SessionError } from "../errors.ts";
import { shortPath } from "./file-action.ts";
import { unpresented } from "./present.ts";
import type { PlanContext, Prepared } from "./tool.ts";

/**
 * Prepares one atomic write: the new content is fixed, the old one is what the approval saw.
 *
 * @param context The project, for names.
 * @param target Where.
 * @param change State before and whole content after.
 * @returns The effect with its diff.
 * @throws {SessionError} `NOT_REGULAR` for a target that is not a regular file, `LIMIT_SIZE` for too much content.
 */
export function writeEffect(
  context: PlanContext,
  target: PathTarget,
  change: { readonly before: FileState; readonly content: string },
): Prepared {
  const { before } = change;
  const name = shortPath(context.project, target.real);
  if (before.exists && before.kind !== "file") throw notRegular(name, before.kind);
  const content = new TextEncoder().encode(change.content);
  if (content.length > context.limits.writeBytes) throw tooMuch(context, name, content.length);
  const { exists, bytes, ...stamp } = before;
  return {
    effect: {
      backend: "writer",
      spec: { op: "write", target: target.real, content, expect: exists ? stamp : null, createParents: true },
      present(value) {
        if (value.op !== "write") return unpresented(value.op);
        return {
          output: `${value.created ? "created" : "wrote"} ${name} (${content.length} bytes)`,
          truncated: false,
          sources: [],
          classes: [],
          error: null,
        };
      },
    },
    preview: {
      kind: "changes",
      summary: `${exists ? "modify" : "create"} ${name}`,
      changes: [{
        path: name,
        kind: exists ? "modify" : "create",
        runsLater: runsLater({
          relative: name,
          kind: exists ? "modify" : "create",
          entry: "file",
          mode: exists ? before.mode : null,
        }),
        before: bytes === null ? null : decodeText(bytes),
        after: change.content,
        bytes: content.length,
      }],
    },
    before: before.digest,
    after: b2(content),
  };
}

/**
 * Says that what would be written is more than may be.
 *
 * @param context Its limits count.
 * @param name The file, for people.
 * @param bytes Its size afterwards.
 * @returns `LIMIT_SIZE`.
 */
export function tooMuch(context: PlanContext, name: string, bytes: number): SessionError {
  const { writeBytes } = context.limits;
  return new SessionError("LIMIT_SIZE", `Cannot write "${name}": ${bytes} bytes is more than ${writeBytes}`, {
    hint: `the user's config.yml may raise ${SANDBOX_BOUNDS.writeBytes.key}`,
  });
}

/**
 * Says that a folder, a link or a special file stands where a file was expected.
 *
 * @param name The path, for people.
 * @param kind What stands there.
 * @returns `NOT_REGULAR`.
 */
export function notRegular(name: string, kind: string): SessionError {
  return new SessionError("NOT_REGULAR", `Cannot write "${name}": it is a ${kind}`, {
    hint: "name a file; list shows what is in a folder",
  });
}

/**
 * Decodes strict UTF-8.
 *
 * @param bytes Content of a file.
 * @returns The text, or `null` when it is not UTF-8.
 */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
