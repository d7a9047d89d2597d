import { CoreError } from "./errors.ts";

/** How a value reaches its place, taken apart. */
export type Slot =
  | { readonly kind: "bearer" }
  | { readonly kind: "basic"; readonly user: string }
  | { readonly kind: "header"; readonly name: string }
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "component"; readonly digest: string };

const USER = /^[!-9;-~]{1,64}$/;
const HEADER = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const DIGEST = /^b2:[0-9a-f]{64}$/;

// They frame or route the message; a secret in them would change where the request goes, not who sends it.
const FRAMING: ReadonlySet<string> = new Set(
  "connection content-encoding content-length content-type expect host keep-alive te trailer transfer-encoding upgrade via"
    .split(" "),
);
// They decide which code runs; a value in them would be a way to run something else.
const LOADING =
  /^(?:PATH|HOME|SHELL|IFS|ENV|BASH_ENV|BASHOPTS|SHELLOPTS|PS4|CDPATH|GLOBIGNORE|NODE_OPTIONS|NODE_PATH|LD_.*|DYLD_.*)$/;

/**
 * Reads a slot: `bearer`, `basic:USER`, `header:NAME`, `env:NAME` or `component:b2:…`. Header names are lower-cased.
 *
 * @param text A slot from a binding or a call.
 * @returns Its parts.
 * @throws {CoreError} `SECRET_PLACE` for any other form, and for names that frame a message or choose code.
 */
export function parseSlot(text: string): Slot {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? "" : text.slice(colon + 1);
  if (text === "bearer") return { kind: "bearer" };
  if (kind === "basic" && USER.test(rest)) return { kind, user: rest };
  if (kind === "header" && HEADER.test(rest.toLowerCase()) && !FRAMING.has(rest.toLowerCase())) {
    return { kind, name: rest.toLowerCase() };
  }
  if (kind === "env" && VARIABLE.test(rest) && !LOADING.test(rest)) return { kind, name: rest };
  if (kind === "component" && DIGEST.test(rest)) return { kind, digest: rest };
  throw new CoreError("SECRET_PLACE", `Cannot use slot: received "${text.slice(0, 120)}"`, {
    hint: "expected bearer, basic:USER, header:NAME, env:NAME or component:b2:<64 hex>",
  });
}

/**
 * Writes a slot in its one spelling.
 *
 * @param slot The parts.
 * @returns E.g. `header:x-api-key`.
 */
export function formatSlot(slot: Slot): string {
  switch (slot.kind) {
    case "bearer":
      return "bearer";
    case "basic":
      return `basic:${slot.user}`;
    case "header":
    case "env":
      return `${slot.kind}:${slot.name}`;
    case "component":
      return `component:${slot.digest}`;
    default:
      return slot satisfies never;
  }
}
