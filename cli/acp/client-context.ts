import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { type AtomicAction, b2, type Label, labelOf } from "../../core/mod.ts";
import { resolvePath } from "../../policy/mod.ts";
import type { ComposedSession } from "../compose.ts";
import { sanitizeLine } from "../term/sanitize.ts";
import type { HostDoor } from "./host.ts";
import type { PromptPart } from "./prompt-in.ts";

/** Labelled data of a prompt. */
export type PromptData = readonly { readonly text: string; readonly label: Label }[];

/** What a client's context is taken in through. */
export interface ClientContext {
  readonly opened: ComposedSession;
  readonly door: HostDoor;
  /** Real path of the session's root. */
  readonly root: string;
  /** `true` with `acp.client_fs: read` and a client that gives its buffers. */
  readonly readsBuffers: boolean;
}

const MAX_BUFFER_BYTES = 1_048_576;
const BUFFER_MS = 5_000;
const MAX_URI_CHARS = 4_096;
const MAX_NAME_CHARS = 200;

/**
 * Turns what came along with a prompt into labelled data. The text of a file counts as that file: policy decides on its
 * real path, and what it refuses becomes a line that says so.
 *
 * @param context The session and its client.
 * @param parts Links and resources.
 * @param signal Ends the work.
 * @returns Data for the model, all of it untrusted.
 */
export async function takeContext(
  context: ClientContext,
  parts: readonly PromptPart[],
  signal: AbortSignal,
): Promise<PromptData> {
  const data: PromptData[number][] = [];
  for (const part of parts) {
    // oxlint-disable-next-line no-await-in-loop -- questions come one after the other
    data.push(part.kind === "link" ? await takeLink(context, part, signal) : await takeResource(context, part, signal));
  }
  return data;
}

async function takeLink(
  context: ClientContext,
  part: Extract<PromptPart, { kind: "link" }>,
  signal: AbortSignal,
): Promise<PromptData[number]> {
  const [uri, name] = [
    sanitizeLine(part.uri).slice(0, MAX_URI_CHARS),
    sanitizeLine(part.name).slice(0, MAX_NAME_CHARS),
  ];
  const line = `The person points at ${JSON.stringify(name)}: ${uri}`;
  const plain = { text: line, label: labelOf("file", ["private"], uri.slice(0, MAX_NAME_CHARS)) };
  if (!context.readsBuffers || part.path === null) return plain;
  const real = resolved(part.path, context.root);
  if (real === null || !real.real.startsWith(`${context.root}/`)) return plain;
  const refusal = await decide(context, {
    path: real.real,
    capabilities: ["acp_context_request", "file_read"],
    bytes: 0,
  }, signal);
  if (refusal !== null) return { ...plain, text: `${line}\n(${refusal})` };
  const text = await context.door.readBuffer(real.real, AbortSignal.any([signal, AbortSignal.timeout(BUFFER_MS)]));
  if (text === null || Buffer.byteLength(text) > MAX_BUFFER_BYTES) return plain;
  const note = isOnDisk(real.real, text) ? "" : " It differs from the file on the disk.";
  const digest = b2(new TextEncoder().encode(text));
  return {
    text: `${line}\nThe editor's buffer (${digest}).${note}\n${text}`,
    label: labelOf("file", classesOf(context, real.real), `buffer ${real.real}`),
  };
}

async function takeResource(
  context: ClientContext,
  part: Extract<PromptPart, { kind: "resource" }>,
  signal: AbortSignal,
): Promise<PromptData[number]> {
  const target = part.path === null ? null : resolved(part.path, context.root);
  if (target === null) {
    const uri = sanitizeLine(part.uri).slice(0, MAX_NAME_CHARS);
    const text = `(a resource was left out: ${uri} is no file of this machine)`;
    return { text, label: labelOf("file", ["private"], "resource") };
  }
  const { real } = target;
  const refusal = await decide(context, {
    path: real,
    capabilities: ["acp_context_request"],
    bytes: Buffer.byteLength(part.text),
  }, signal);
  if (refusal !== null) return { text: `(${refusal})`, label: labelOf("file", ["private"], real) };
  return { text: part.text, label: labelOf("file", classesOf(context, real), real) };
}

interface Wanted {
  readonly path: string;
  readonly capabilities: readonly ("acp_context_request" | "file_read")[];
  readonly bytes: number;
}

/** Takes the acts of one file through the gate; gives why it is left out, or `null`. */
async function decide(
  { opened, root }: ClientContext,
  { path, capabilities, bytes }: Wanted,
  signal: AbortSignal,
): Promise<string | null> {
  const target = resolvePath(path, root);
  const classes = opened.policy.classify(target);
  const actions = capabilities.map((capability): AtomicAction => ({
    capability,
    target,
    classes,
    tier: "host-readonly",
    tainted: false,
    skill: null,
  }));
  const acts = await opened.session.acts();
  const title = `Take in ${path} from the editor`;
  const act = await acts.begin({
    tool: "acp context",
    title,
    tier: "host-readonly",
    actions,
    handles: [],
    bytesIn: bytes,
  });
  const failure = act.failure ?? await act.ask({ kind: "text", text: `${path}\n${bytes} bytes` }, signal);
  // A refused act ends with its refusal; what was taken in is recorded as done.
  const unrecorded = act.failure === null ? await act.end(failure, 0) : null;
  const problem = failure ?? unrecorded;
  return problem === null ? null : problem.message;
}

function classesOf({ opened, root }: ClientContext, path: string): ReturnType<typeof opened.policy.classify> {
  return opened.policy.classify(resolvePath(path, root));
}

/** A path that no file can have, or a link that leads nowhere, is no file of this machine. */
function resolved(path: string, root: string): ReturnType<typeof resolvePath> | null {
  try {
    return resolvePath(path, root);
  } catch {
    return null;
  }
}

function isOnDisk(path: string, text: string): boolean {
  let fd: number;
  try {
    // Threat: a pipe in the project that nobody ever writes to would hold the whole process.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
  } catch {
    return false;
  }
  try {
    const stat = fstatSync(fd);
    return stat.isFile() && stat.size === Buffer.byteLength(text) && readFileSync(fd, "utf8") === text;
  } catch {
    return false;
  } finally {
    closeSync(fd);
  }
}
