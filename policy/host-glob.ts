import { PolicyError } from "./errors.ts";
import { parseAddress } from "./actions/addresses.ts";

/** A compiled host glob. */
export type HostGlob =
  | { readonly kind: "exact"; readonly host: string }
  /** One label before `tail`, which starts with a dot. */
  | { readonly kind: "one"; readonly tail: string }
  /** One or more labels before `tail`. */
  | { readonly kind: "many"; readonly tail: string }
  /** Labels, `*` for any one; `many` when a leading `**` stands before them. */
  | { readonly kind: "labels"; readonly labels: readonly string[]; readonly many: boolean };

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/**
 * Compiles a host glob: `*` is one label, a leading `**` one or more, and two literal labels stand after a wildcard.
 *
 * @example
 * ```ts
 * matchHost(compileHostGlob("*.example.com"), "docs.example.com"); // true
 * ```
 * @param text A host name, e.g. `docs.example.com` or `**.example.com`.
 * @returns The compiled form.
 * @throws {PolicyError} `POLICY_HOST` for `*`, `*.com`, `a.**.b`, addresses, ports, schemes and anything not ASCII.
 */
export function compileHostGlob(text: string): HostGlob {
  const host = text.toLowerCase();
  if (host.includes("://") || host.includes("/")) {
    throw refused(text, "it is not a bare host name", "write docs.example.com");
  }
  if (parseAddress(host.replace(/^\[(.*)\]$/, "$1")) !== null) {
    throw refused(text, "it is an address", "addresses are matched by `cidr`");
  }
  if (host.includes(":")) throw refused(text, "it has a port", "ports are matched by `ports`");
  const labels = host.split(".");
  const many = labels[0] === "**";
  const rest = many ? labels.slice(1) : labels;
  for (const label of rest) {
    if (label !== "*" && !LABEL.test(label)) throw refused(text, `"${label}" is not a label`, hintFor(label));
  }
  // Threat: `*.com` or `**.uk` would hand out a whole registry.
  const last = rest.lastIndexOf("*");
  if ((many || last >= 0) && rest.length - 1 - last < 2) {
    throw refused(text, "fewer than two literal labels follow a wildcard", "write *.example.com");
  }
  if (host.length > 253) {
    throw refused(`${text.slice(0, 40)}…`, "it is longer than 253 letters", "no host has such a name");
  }
  if (last < 0) return many ? { kind: "many", tail: `.${rest.join(".")}` } : { kind: "exact", host };
  if (last === 0 && !many) return { kind: "one", tail: `.${rest.slice(1).join(".")}` };
  return { kind: "labels", labels: rest, many };
}

/**
 * Tells whether a host matches.
 *
 * @param glob A compiled glob.
 * @param host A normalised host name: lower case, punycode, no trailing dot.
 */
export function matchHost(glob: HostGlob, host: string): boolean {
  switch (glob.kind) {
    case "exact":
      return host === glob.host;
    case "one":
      return host.endsWith(glob.tail) && host.indexOf(".") === host.length - glob.tail.length &&
        host.length > glob.tail.length;
    case "many":
      return host.endsWith(glob.tail) && host.length > glob.tail.length;
    case "labels": {
      const labels = host.split(".");
      const offset = labels.length - glob.labels.length;
      if (glob.many ? offset < 1 : offset !== 0) return false;
      return glob.labels.every((want, i) => want === "*" || want === labels[offset + i]);
    }
    default:
      return glob satisfies never;
  }
}

function hintFor(label: string): string {
  if (label === "") return "no empty label and no trailing dot";
  if (label === "**") return "** stands only at the start";
  if (label.includes("*") || label.includes("?")) return "a wildcard is a whole label";
  return "host names are ASCII: letters, digits and hyphens, others in their xn-- form";
}

function refused(text: string, seen: string, hint: string): PolicyError {
  return new PolicyError("POLICY_HOST", `Cannot read host glob "${text}": ${seen}`, { hint });
}
