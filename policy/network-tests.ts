import { cidrContains, parseCidr } from "./actions/addresses.ts";
import { compileHostGlob, matchHost } from "./host-glob.ts";
import type { Matchers } from "./matchers.ts";
import type { Holds, MatchMode } from "./rule-test.ts";

/** Compiles `ports`. */
export function testPorts(ports: readonly number[]): Holds {
  const set: ReadonlySet<number | null> = new Set(ports);
  return ({ target }) =>
    (target.kind === "network" || target.kind === "model" || target.kind === "secret") && set.has(target.port);
}

/** Compiles `methods`. */
export function testMethods(methods: readonly string[]): Holds {
  const set = new Set(methods);
  return ({ target }) => target.kind === "network" && set.has(target.method);
}

/** Compiles `hosts`. */
export function testHosts(hosts: readonly string[]): Holds {
  const globs = hosts.map(compileHostGlob);
  return ({ target, bareAddress }) => {
    if (target.kind !== "network" && target.kind !== "model" && target.kind !== "secret") return false;
    const { host } = target;
    // Threat: `10.0.0.1` read as a name under `*.0.0.1`. Addresses are matched by `cidr` only.
    if (host === null || bareAddress) return false;
    for (const glob of globs) if (matchHost(glob, host)) return true;
    return false;
  };
}

/** Compiles `cidr`. Before a name is resolved only a rule that names it as well may grant; then every address must lie inside. */
export function testCidr(matchers: Matchers, mode: MatchMode): Holds {
  const blocks = (matchers.cidr ?? []).flatMap((text) => parseCidr(text) ?? []);
  const named = matchers.hosts !== undefined;
  return ({ addresses }) => {
    if (addresses === null || addresses.length === 0) return (mode === "grant" || mode === "ask") && named;
    const any = mode === "deny" || mode === "tighten";
    return any
      ? addresses.some((one) => blocks.some((block) => cidrContains(block, one)))
      : addresses.every((one) => blocks.some((block) => cidrContains(block, one)));
  };
}
