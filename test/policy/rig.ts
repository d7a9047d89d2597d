import type { AtomicAction, Capability, PathTarget, SkillActor, Target, Verdict } from "../../core/mod.ts";
import { compilePolicy } from "../../policy/compile.ts";
import type { PolicyLayer } from "../../policy/compiled-policy.ts";
import { decide } from "../../policy/decide.ts";
import type { DecisionState } from "../../policy/decision-state.ts";
import { DEFAULT_TIER } from "../../policy/default-tier.ts";
import { stateOf } from "../../policy/embedded-tests.ts";
import { floorPlaces } from "../../policy/floor.ts";
import type { PathRoots } from "../../policy/path-syntax.ts";
import { documentOf, layerOf } from "./policy-text.ts";

/** A machine that exists nowhere. */
export const ROOTS: PathRoots = {
  project: "/home/me/shop",
  home: "/home/me",
  tmp: "/tmp",
  skill_data: null,
  fold: false,
};
export const HOME = "/home/me/.agentzero";

/** A state of granting rules, one a line as in `layerOf()`; `more` changes it. */
export function stateFor(
  rules: string | readonly PolicyLayer[],
  more: Partial<DecisionState> & { readonly roots?: PathRoots } = {},
): DecisionState {
  const layers = typeof rules === "string" ? [layerOf(rules)] : rules;
  const { roots = ROOTS, ...state } = more;
  const policy = compilePolicy(layers, roots);
  return { ...stateOf(policy, floorPlaces([HOME], policy.roots)), ceiling: true, ...state };
}

/** The untrusted policy of a project. */
export function untrusted(rules: string): PolicyLayer {
  return { layer: "project", document: documentOf(rules), sha256: "sha256:clone", path: "clone.yml", grants: false };
}

type More = Partial<Omit<AtomicAction, "target">>;

/** An untainted action on private data in the usual tier. */
export function act(capability: Capability, target: Target, more: More = {}): AtomicAction {
  return {
    capability,
    target,
    classes: ["private"],
    tier: DEFAULT_TIER[capability],
    tainted: false,
    skill: null,
    ...more,
  };
}

export function pathOf(real: string, more: Partial<PathTarget> = {}): PathTarget {
  return { kind: "path", real, lexical: real, file: "file", staged: false, ...more };
}

export function read(path: string, more: More = {}): AtomicAction {
  return act("file_read", pathOf(path), more);
}

export function write(path: string, more: More & { readonly staged?: boolean } = {}): AtomicAction {
  const { staged = false, ...rest } = more;
  return act("file_write", pathOf(path, { staged }), rest);
}

/** A plain command; a text instead of words is an opaque one. */
export function shell(
  argv: readonly string[] | string,
  more: More & { readonly secrets?: boolean; readonly cwd?: string } = {},
): AtomicAction {
  const { secrets = false, cwd = "/home/me/shop", ...rest } = more;
  const plain = typeof argv === "string" ? null : argv;
  const text = typeof argv === "string" ? argv : argv.join(" ");
  return act("shell_command", { kind: "command", argv: plain, text, cwd, redirects: [], secrets }, rest);
}

export function fetching(
  host: string,
  more: More & { readonly port?: number; readonly method?: string; readonly addresses?: readonly string[] | null } = {},
): AtomicAction {
  const { port = 443, method = "GET", addresses = null, ...rest } = more;
  const url = `https://${host.includes(":") ? `[${host}]` : host}:${port}/`;
  return act("network_request", { kind: "network", url, scheme: "https", host, port, method, addresses }, rest);
}

export function modelCall(
  host: string | null,
  more: More & { readonly remote?: boolean; readonly provider?: string } = {},
): AtomicAction {
  const { remote = host !== null, provider = "acme", ...rest } = more;
  const port = host === null ? null : 443;
  return act("model_call", { kind: "model", provider, model: "small", host, port, remote }, rest);
}

export function secretUse(
  more: More & {
    readonly handle?: string;
    readonly host?: string | null;
    readonly inject?: string;
    readonly program?: string | null;
  } = {},
): AtomicAction {
  const { handle = "handle://vault/x/key", host = "api.example.com", inject = "bearer", program = null, ...rest } =
    more;
  const port = host === null ? null : 443;
  return act("secret_handle_usage", { kind: "secret", handle, inject, host, port, program }, rest);
}

/** A generated tool that may read one folder. */
export function toolActor(more: Partial<SkillActor> = {}): SkillActor {
  return {
    id: "generated:word-count",
    version: "1",
    publisher: null,
    digest: null,
    trust: "generated",
    permissions: {
      v: 1,
      runtime: "wasm-sandbox",
      world: "az:host/tool@0.3.0",
      "fs.read": ["workspace:data/**"],
      "fs.write": [],
      net: [],
      secret: [],
      exec: [],
      limits: {},
    },
    roots: { workspace: "/home/me/shop" },
    ...more,
  };
}

/** Decides by rules, one a line. */
export function verdictOf(rules: string, action: AtomicAction): Verdict {
  return decide(stateFor(rules), action);
}

/** `decision rule` in short. */
export function shortly({ decision, rule }: Verdict): string {
  return `${decision} ${rule ?? "-"}`;
}

/** How many cases a property runs: few by default, many with AZ_SCALE. */
export function scaled(runs: number): number {
  return Math.max(1, Math.round(runs * Number(process.env["AZ_SCALE"] ?? "1")));
}

/** The seed of every property here; printed by fast-check when one fails. */
export const SEED = 20_261_120;
