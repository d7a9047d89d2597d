import {
  type CommandTarget,
  isHandle,
  type ModelTarget,
  type NetworkTarget,
  type SecretTarget,
  type SkillActor,
  type Target,
} from "../core/mod.ts";
import { parseAddress } from "./actions/addresses.ts";

/**
 * Says what is malformed about a target; the types promise nothing here.
 *
 * @param target Of a known kind.
 * @returns A sentence, or `null`.
 */
export function checkTarget(target: Target): string | null {
  switch (target.kind) {
    case "path":
      return scanPath(target.real) < 0 || scanPath(target.lexical) < 0 ? "malformed path" : null;
    case "command":
      return checkCommand(target);
    case "network":
      return checkNetwork(target);
    case "model":
      return checkModel(target);
    case "secret":
      return checkSecret(target);
    case "package":
      return isText(target.id) && isTextOrNull(target.version) && isTextOrNull(target.digest)
        ? null
        : "malformed package";
    case "import":
    case "skill":
      return isText(target.name) ? null : `malformed ${target.kind}`;
    default:
      return target satisfies never;
  }
}

/** A bit of {@link scanPath}: a name starts with a dot. */
export const HIDDEN = 1;
/** Not plain ASCII, or of a drive: it has to be folded. */
export const SPECIAL = 2;

/**
 * Looks at every letter of a path once: an expression for each question would be most of what a decision costs.
 *
 * @param path Anything.
 * @returns -1 for anything but an absolute, normal path; else the bits {@link HIDDEN} and {@link SPECIAL}.
 */
export function scanPath(path: unknown): number {
  if (typeof path !== "string") return -1;
  if (path.charCodeAt(0) !== SLASH) {
    const below = DRIVE.test(path) ? scanPath(path.slice(2).replaceAll("\\", "/")) : -1;
    return below < 0 ? -1 : below | SPECIAL;
  }
  let bits = 0;
  let previous = SLASH;
  for (let at = 1; at < path.length; at++) {
    const letter = path.charCodeAt(at);
    if (letter === 0) return -1;
    if (letter > 0x7e) bits |= SPECIAL;
    if (previous === SLASH) {
      if (letter === SLASH) return -1;
      // Threat: `/project/../etc` handed in as real: a prefix comparison would take it for the project.
      if (letter === DOT && isDots(path, at)) return -1;
      if (letter === DOT) bits |= HIDDEN;
    }
    previous = letter;
  }
  return bits;
}

const DRIVE = /^[A-Za-z]:[\\/]/;

/** Tells whether the segment that starts with this dot is `.` or `..`. */
function isDots(path: string, at: number): boolean {
  const end = path.charCodeAt(at + 1) === DOT ? at + 2 : at + 1;
  return end >= path.length || path.charCodeAt(end) === SLASH;
}

const SLASH = 0x2f;
const DOT = 0x2e;

function checkCommand({ argv, text, cwd, redirects }: CommandTarget): string | null {
  if (argv !== null && (!Array.isArray(argv) || argv.length === 0 || !argv.every(isString))) return "malformed argv";
  if (!isText(text) || scanPath(cwd) < 0) return "malformed command";
  return Array.isArray(redirects) && redirects.every(isString) ? null : "malformed command";
}

function checkNetwork({ host, port, method, scheme, addresses }: NetworkTarget): string | null {
  if (!isText(host) || !isPort(port) || !isText(method)) return "malformed request";
  if (scheme !== "https" && scheme !== "http") return "malformed request";
  if (addresses === null) return null;
  return Array.isArray(addresses) && addresses.length > 0 &&
      addresses.every((one) => parseAddress(String(one)) !== null)
    ? null
    : "malformed addresses";
}

function checkModel({ provider, model, host, port, remote }: ModelTarget): string | null {
  const place = host === null ? port === null : isText(host) && isPort(port);
  // Whether a model is remote must be said: `undefined` is no `false`.
  return isText(provider) && isString(model) && place && typeof remote === "boolean" ? null : "malformed model";
}

function checkSecret({ handle, inject, host, port, program }: SecretTarget): string | null {
  const place = host === null ? port === null : isText(host) && (port === null || isPort(port));
  // Threat: a handle in a second spelling, which a rule that denies the first would not match.
  if (!isHandle(handle)) return "malformed handle: write handle://vault/NAME/KEY";
  return isText(inject) && place && isTextOrNull(program) ? null : "malformed secret";
}

/**
 * Says what is malformed about who acts.
 *
 * @param skill The skill, or nothing.
 * @returns A sentence, or `null`.
 */
export function checkSkill(skill: SkillActor | null | undefined): string | null {
  if (skill === null || skill === undefined) return null;
  if (typeof skill !== "object" || !isText(skill.id)) return "malformed skill";
  const { trust } = skill;
  return trust === "signed" || trust === "local" || trust === "generated" ? null : "unknown skill trust";
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value);
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
}
