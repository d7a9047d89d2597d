import { isAbsolute, normalize } from "node:path";
import { CoreError } from "./errors.ts";
import type { Handle } from "./handle.ts";
import { list, object, optional, type Shape, string } from "./shape.ts";
import { formatSlot, parseSlot, type Slot } from "./slot.ts";

/** Where a value may go. A handle works only where one of its bindings says and policy allows it. */
export interface Binding {
  /** Exact `name:port`, reached by TLS; or `127.0.0.1:port`. */
  readonly host?: string | undefined;
  /** `bearer`, `basic:USER`, `header:NAME`, `env:NAME`, `component:b2:…`. */
  readonly slot: string;
  /** For `header:`: the value around the secret, e.g. `token {}`. */
  readonly format?: string | undefined;
  /** Only these HTTP methods. */
  readonly methods?: readonly string[] | undefined;
  /** Only this tool. */
  readonly tool?: string | undefined;
  /** Only this skill id. */
  readonly skill?: string | undefined;
  /** Only this model provider. */
  readonly provider?: string | undefined;
  /** For `env:`: real path of the program that may receive it. */
  readonly command?: string | undefined;
}

/** Where a call wants a value to go. */
export interface Place {
  /** `bearer`, `basic:USER`, `header:NAME`, `env:NAME`, `component:b2:…`. */
  readonly slot: string;
  /** `null` when the value does not go to a host. */
  readonly origin: { readonly scheme: "http" | "https"; readonly host: string; readonly port: number } | null;
  /** HTTP method, or `null` when nothing is requested. */
  readonly method: string | null;
  /** Tool that asks, or `null`. */
  readonly tool: string | null;
  /** Skill id that asks, or `null`. */
  readonly skill: string | null;
  /** Model provider that asks, or `null`. */
  readonly provider: string | null;
  /** Real path of the program that would receive it, for `env:`. */
  readonly command: string | null;
}

/** The most bindings of one handle. */
export const MAX_BINDINGS = 32;

const NAME = string({ min: 1, max: 128, pattern: /^[A-Za-z0-9][A-Za-z0-9._/:@-]*$/ });
const SHAPE = object({
  host: optional(string({ max: 260 })),
  slot: string({ max: 160 }),
  format: optional(string({ max: 64, pattern: /^[ -z|~]*\{\}[ -z|~]*$/ })),
  methods: optional(list(string({ pattern: /^[A-Z]{1,16}$/ }), { min: 1, max: 16 })),
  tool: optional(NAME),
  skill: optional(NAME),
  provider: optional(NAME),
  command: optional(string({ max: 4096 })),
});

/** The shape of a list of bindings, for files that hold them; each must still pass {@link checkBinding}. */
export const BINDINGS_SHAPE: Shape<readonly Binding[]> = list(SHAPE, { max: MAX_BINDINGS });

/**
 * Checks a binding and brings it into its one spelling.
 *
 * @param binding A binding from a person or the user's config.
 * @returns The binding, header name lower-cased.
 * @throws {CoreError} `BINDING_INVALID` when it names no usable place.
 */
export function checkBinding(binding: Binding): Binding {
  const shape = SHAPE.safeParse(binding);
  if (!shape.success) {
    const key = shape.error.issues[0]?.path.join(".") ?? "";
    throw refused(`"${key}" is malformed or unknown`, "see: agentzero vault bind --help");
  }
  const slot = readSlot(binding.slot);
  if (binding.host !== undefined) checkHost(binding.host);
  if (slot.kind === "env") {
    if (
      binding.command !== undefined && !(isAbsolute(binding.command) && normalize(binding.command) === binding.command)
    ) {
      throw refused(`"${binding.command}" is not the real path of a program`, "name it in full, e.g. /usr/bin/gh");
    }
    if (binding.command === undefined && binding.host === undefined) {
      throw refused("an env: slot needs a program or a host", "add --command /usr/bin/PROGRAM, or --host NAME:PORT");
    }
  } else if (binding.command !== undefined) {
    throw refused("a program can only receive an env: slot", "leave --command out, or use --slot env:NAME");
  } else if (slot.kind !== "component" && binding.host === undefined) {
    throw refused(`slot "${binding.slot}" needs a host`, "add --host NAME:PORT");
  }
  if (binding.format !== undefined && slot.kind !== "header") {
    throw refused("only a header: slot has a format", "leave the format out");
  }
  return { ...shape.data, slot: formatSlot(slot) };
}

/**
 * Finds the binding that covers a place.
 *
 * @param handle Whose bindings they are, for the message.
 * @param bindings All of them.
 * @param place Where the value would go.
 * @returns The first binding that fits in every field.
 * @throws {CoreError} `SECRET_UNBOUND` without bindings, `SECRET_PLACE` when none fits; nothing was resolved yet.
 */
export function findBinding(handle: Handle, bindings: readonly Binding[], place: Place): Binding {
  if (bindings.length === 0) {
    throw new CoreError("SECRET_UNBOUND", `Cannot use "${handle}": it is bound to no place`, {
      hint: `agentzero vault bind ${handle} --host NAME:PORT --slot bearer`,
    });
  }
  const slot = formatSlot(parseSlot(place.slot));
  const misfits = new Set<string>();
  for (const binding of bindings) {
    const misfit = misfitOf(binding, { ...place, slot });
    if (misfit === null) return binding;
    misfits.add(misfit);
  }
  throw new CoreError("SECRET_PLACE", `Cannot use "${handle}" there: ${[...misfits].slice(0, 3).join("; ")}`, {
    hint: "agentzero vault list shows where it may go; agentzero vault bind adds a place",
  });
}

function readSlot(text: string): Slot {
  try {
    return parseSlot(text);
  } catch (cause) {
    throw refused(
      `"${text.slice(0, 80)}" is no slot`,
      cause instanceof CoreError
        ? cause.hint ?? "see: agentzero vault bind --help"
        : "see: agentzero vault bind --help",
    );
  }
}

function misfitOf(binding: Binding, place: Place): string | null {
  if (binding.slot !== place.slot) return `it is bound as "${binding.slot}", not as "${place.slot}"`;
  // A program or a component gets the value itself; which hosts it may talk to is limited elsewhere.
  const direct = binding.slot.startsWith("env:") || binding.slot.startsWith("component:");
  if (!direct || (binding.host !== undefined && place.origin !== null)) {
    const misfit = originMisfit(binding.host, place.origin);
    if (misfit !== null) return misfit;
  }
  if (binding.methods !== undefined && !binding.methods.includes(place.method ?? "")) {
    return `it is bound to ${binding.methods.join(", ")}, not to "${place.method ?? "no method"}"`;
  }
  for (const key of ["tool", "skill", "provider", "command"] as const) {
    if (binding[key] !== undefined && binding[key] !== place[key]) {
      return `it is bound to the ${key} "${binding[key]}", not to "${place[key] ?? "none"}"`;
    }
  }
  return null;
}

function originMisfit(host: string | undefined, origin: Place["origin"]): string | null {
  if (origin === null) return `it is bound to the host "${host ?? "none"}"`;
  const seen = `${origin.host}:${origin.port}`;
  if (host !== seen) return `it is bound to "${host ?? "no host"}", not to "${seen}"`;
  // Threat: the same name without TLS is whoever answers on the way.
  if (origin.scheme !== "https" && origin.host !== "127.0.0.1") return `"${seen}" is not reached by TLS`;
  return null;
}

const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const HOST = new RegExp(`^(${LABEL}(?:\\.${LABEL})*):([1-9][0-9]{0,4})$`);

function checkHost(text: string): void {
  const match = HOST.exec(text);
  const name = match?.[1] ?? "";
  const port = Number(match?.[2] ?? "0");
  // A name whose last label is a number is read as an address, in more spellings than one.
  const address = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/.test(name);
  if (match !== null && name.length <= 253 && port <= 65_535 && (!address || name === "127.0.0.1")) return;
  throw refused(
    `"${text.slice(0, 120)}" is not an exact host`,
    "expected name:port in lower case, no wildcard, no address but 127.0.0.1",
  );
}

function refused(seen: string, hint: string): CoreError {
  return new CoreError("BINDING_INVALID", `Cannot bind secret: ${seen}`, { hint });
}
