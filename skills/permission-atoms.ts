import { expandHandle, formatSlot, parseSlot, type SkillPermissions } from "../core/mod.ts";
import { compareBytes } from "./permission-source.ts";
import { isPackagePath } from "./package-path.ts";
import { showText } from "./visible-text.ts";

/** One entry of `net`. */
export type NetAtom = SkillPermissions["net"][number];
/** One entry of `secret`. */
export type SecretAtom = SkillPermissions["secret"][number];

/** An atom, or what is wrong with it. */
export type ParsedAtom<T> =
  | { readonly ok: true; readonly atom: T }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** Roots that an `fs` atom may start with. */
export const READ_ROOTS: readonly string[] = ["workspace", "scratch", "skill"];
/** The same for writing: a skill never changes its own files. */
export const WRITE_ROOTS: readonly string[] = ["workspace", "scratch"];

const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * Reads an atom `ROOT:GLOB`.
 *
 * @param token One token.
 * @param roots Which roots may stand there.
 * @returns The atom as it is.
 */
export function parseFsAtom(token: string, roots: readonly string[]): ParsedAtom<string> {
  const cut = token.indexOf(":");
  if (!roots.includes(token.slice(0, Math.max(cut, 0)))) {
    return refuse(
      `"${showText(token)}" has no known root`,
      `start it with ${roots.map((root) => `${root}:`).join(" ")}`,
    );
  }
  const fault = globFault(token.slice(cut + 1));
  return fault === null ? { ok: true, atom: token } : refuse(`the glob of "${showText(token)}" ${fault}`, GLOB_HINT);
}

const GLOB_HINT = "globs are relative: * within a name, ** across folders, nothing else";

/** Says what is wrong with a glob, or `null`. */
export function globFault(glob: string): string | null {
  if (glob === "") return "is empty";
  if (glob.startsWith("/")) return "is absolute";
  // Other glob languages give these a meaning; here they would be literal, and read wrongly.
  if (/[?[\]{}\\]|^!/.test(glob)) return "has a character of another glob language";
  if (glob.includes("***")) return "has three stars in a row";
  const segments = glob.split("/");
  if (segments.includes("")) return "has an empty part";
  if (segments.some((segment) => segment === "." || segment === "..")) return 'has a part "." or ".."';
  return null;
}

/**
 * Reads a net atom of two tokens.
 *
 * @param methods E.g. `GET,POST`.
 * @param url E.g. `https://api.example.com:443/repos/**`.
 * @returns The atom; its methods sorted.
 */
export function parseNetAtom(methods: string, url: string): ParsedAtom<NetAtom> {
  const names = methods.split(",");
  const unknown = names.find((name) => !METHODS.includes(name));
  if (unknown !== undefined) {
    return refuse(`"${showText(unknown)}" is no method`, `methods are ${METHODS.join(" ")}, joined by ","`);
  }
  if (new Set(names).size !== names.length) {
    return refuse(`"${showText(methods)}" names a method twice`, "name it once");
  }
  const parts = /^(https:\/\/[^/]*)(\/.*)$/s.exec(url);
  const origin = parts === null ? null : parseOrigin(parts[1] ?? "");
  if (parts === null || origin === null) {
    return refuse(`"${showText(url)}" is no address of that form`, ORIGIN_HINT);
  }
  const path = parts[2] ?? "/";
  const fault = path === "/" ? null : urlPathFault(path.slice(1));
  if (fault !== null) return refuse(`the path of "${showText(url)}" ${fault}`, "e.g. /repos/** without query");
  return { ok: true, atom: { methods: names.toSorted(compareBytes), origin, path } };
}

const ORIGIN_HINT =
  "write https://host.example:443/path with an explicit port; no wildcard, IP address, user, query or fragment";

function urlPathFault(glob: string): string | null {
  if (/[?#]/.test(glob)) return "has a query or fragment";
  if (!/^(?:[A-Za-z0-9._~!$&'()*+,=:@/-]|%[0-9A-F]{2})*$/.test(glob)) return "has a character that must be encoded";
  // Threat: an encoded separator that a server decodes after the glob was matched.
  if (/%(?:2F|5C|2E|00)/.test(glob)) return "hides a separator or dot";
  return globFault(glob);
}

/**
 * Reads an origin `https://host:port` with a DNS name of at least two labels.
 *
 * @param text Any text.
 * @returns The origin as it is, or `null`.
 */
export function parseOrigin(text: string): string | null {
  const [, host, port] = /^https:\/\/([^:/?#@[\]]+):([1-9]\d{0,4})$/.exec(text) ?? [];
  if (host === undefined || port === undefined || Number(port) > 65_535) return null;
  const labels = host.split(".");
  const named = host.length <= 253 && labels.length >= 2 && labels.every((label) => LABEL.test(label));
  // A last label of digits (or hex) makes it an address for some parsers.
  return named && !/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "") ? text : null;
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Reads a secret atom of four tokens.
 *
 * @param tokens `HANDLE`, `->`, `ORIGIN`, `SLOT`.
 * @returns The atom with its handle written out.
 */
export function parseSecretAtom(tokens: readonly string[]): ParsedAtom<SecretAtom> {
  const [handleText = "", arrow, originText = "", slotText = ""] = tokens;
  if (tokens.length !== 4 || arrow !== "->") {
    return refuse(`"${showText(tokens.join(" "))}" is incomplete`, "write HANDLE -> https://host:port SLOT");
  }
  const handle = attempt(() => expandHandle(handleText));
  if (handle === null) return refuse(`"${showText(handleText)}" is no handle`, "e.g. github/token");
  const origin = parseOrigin(originText);
  if (origin === null) return refuse(`"${showText(originText)}" is no origin`, ORIGIN_HINT);
  const slot = attempt(() => parseSlot(slotText));
  if (slot === null || slot.kind === "env" || slot.kind === "component") {
    return refuse(`"${showText(slotText)}" is no slot of a request`, "slots are bearer, basic:USER, header:NAME");
  }
  return { ok: true, atom: { handle, origin, slot: formatSlot(slot) } };
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/**
 * Reads an atom of `exec`.
 *
 * @param token `skill:PATH` or `tool:PROGRAM`.
 * @param first `true` for the first atom, which is the entry script.
 * @returns The atom as it is.
 */
export function parseExecAtom(token: string, first: boolean): ParsedAtom<string> {
  if (first) {
    return token.startsWith("skill:") && isPackagePath(token.slice(6))
      ? { ok: true, atom: token }
      : refuse(`"${showText(token)}" is no entry script`, "begin with skill:PATH, e.g. skill:scripts/run.sh");
  }
  return /^tool:[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/.test(token)
    ? { ok: true, atom: token }
    : refuse(`"${showText(token)}" is no program`, "after the one entry script only tool:PROGRAM, e.g. tool:git");
}

/**
 * Reads a WIT world with the WASI packages that follow it.
 *
 * @param tokens The tokens of `az.world`.
 * @returns The world, its WASI packages sorted.
 */
export function parseWorld(tokens: readonly string[]): ParsedAtom<string> {
  const [world = "", ...packages] = tokens;
  if (world !== TOOL_WORLD) return refuse(`"${showText(world)}" is no world this version knows`, `write ${TOOL_WORLD}`);
  const unknown = packages.find((name) => !WASI_PACKAGES.includes(name));
  if (unknown !== undefined) {
    return refuse(`"${showText(unknown)}" is not available to skills`, `only ${WASI_PACKAGES.join(" ")}`);
  }
  if (new Set(packages).size !== packages.length) return refuse("a WASI package stands twice", "name it once");
  return { ok: true, atom: [world, ...packages.toSorted(compareBytes)].join(" ") };
}

/** The WIT world of a tool. */
export const TOOL_WORLD = "az:host/tool@0.3.0";
/** WASI packages that a component may import when it declares them. */
export const WASI_PACKAGES: readonly string[] = [
  "wasi:cli@0.2",
  "wasi:clocks@0.2",
  "wasi:filesystem@0.2",
  "wasi:io@0.2",
  "wasi:random@0.2",
];

function refuse(
  message: string,
  hint: string,
): { readonly ok: false; readonly message: string; readonly hint: string } {
  return { ok: false, message, hint };
}
