import { posix, win32 } from "node:path";
import { SandboxError } from "../errors.ts";
import { FIXED } from "../limits.ts";

/** A path in its two halves. */
export interface SplitPath {
  readonly parent: string;
  readonly base: string;
}

const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?$/i;

/**
 * Refuses what cannot be a real path: relative or unclean spellings, NUL, lone surrogates, more than 4,096 bytes.
 * The path is literal: no `~`, no percent decoding.
 *
 * @param path A path that claims to be real.
 * @param platform `process.platform`; on Windows streams, trailing dots and device names are refused too.
 * @returns Its parent and last component; the root has an empty `base`.
 * @throws {SandboxError} `PATH_INVALID`.
 */
export function checkPath(path: string, platform: string): SplitPath {
  const dialect = platform === "win32" ? win32 : posix;
  if (path.includes("\0")) throw invalid(path, "it contains NUL");
  if (!path.isWellFormed()) throw invalid(path, "it is not valid Unicode");
  if (Buffer.byteLength(path) > FIXED.pathBytes) throw invalid(path, `it is longer than ${FIXED.pathBytes} bytes`);
  if (!dialect.isAbsolute(path)) throw invalid(path, "it is not absolute");
  if (dialect.normalize(path) !== path || (path.length > 1 && path.endsWith(dialect.sep) && !isRoot(path, platform))) {
    throw invalid(path, "it is not in its plain form");
  }
  if (platform === "win32") checkWindows(path);
  return { parent: dialect.dirname(path), base: dialect.basename(path) };
}

/**
 * Tells whether `path` is `folder` or lies below it, by components.
 *
 * @param path A real path.
 * @param folder A real path.
 * @returns `true` also when both are equal.
 */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

function isRoot(path: string, platform: string): boolean {
  return platform === "win32" ? win32.parse(path).root === path : path === "/";
}

// Threat: `a.txt:stream`, `a.txt.` and `NUL` name other things than they seem to.
function checkWindows(path: string): void {
  const { root } = win32.parse(path);
  for (const name of path.slice(root.length).split("\\")) {
    if (name.includes(":")) throw invalid(path, "a name holds a colon");
    if (/[. ]$/.test(name)) throw invalid(path, "a name ends with a dot or a space");
    if (DEVICE.test(name)) throw invalid(path, "it names a device");
  }
}

function invalid(path: string, seen: string): SandboxError {
  const shown = path.length > 120 ? `${path.slice(0, 120)}…` : path;
  return new SandboxError("PATH_INVALID", `Cannot use path ${JSON.stringify(shown)}: ${seen}`);
}
