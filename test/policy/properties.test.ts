import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AtomicAction,
  CAPABILITIES,
  type Capability,
  CLASSIFICATIONS,
  DECISIONS,
  ISOLATION_TIERS,
  severity,
} from "../../core/mod.ts";
import type { PolicyLayer } from "../../policy/compiled-policy.ts";
import { decide } from "../../policy/decide.ts";
import { MATCHER_FITS, type Matchers } from "../../policy/matchers.ts";
import type { PolicyDocument, PolicyRule } from "../../policy/document.ts";
import {
  act,
  fetching,
  modelCall,
  pathOf,
  scaled,
  secretUse,
  SEED,
  shell,
  shortly,
  stateFor,
  toolActor,
} from "./rig.ts";

const RUNS = scaled(1_500);
const OPTIONS = { seed: SEED, numRuns: RUNS };

// A small world, so that rules and actions meet often.
const PATHS = [
  "/home/me/shop/src/a.ts",
  "/home/me/shop/.env",
  "/home/me/shop/src/.env",
  "/home/me/x",
  "/etc/hosts",
  "/home/me/shop",
];
const GLOBS = [
  "${project}/**",
  "${project}/src/*",
  "**/.env",
  "**/*.ts",
  "/etc/**",
  "${home}/**",
  "/home/me/shop/src/a.ts",
  "**/src/**",
  "${project}",
];
const HOSTS = ["docs.example.com", "api.example.com", "evil.test", "10.0.0.1"];
const ARGVS = [["git", "status"], ["git", "log", "--all"], ["rm", "-rf", "x"], ["/bin/rm", "x"], ["npm", "test"], null];

function subset<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc.uniqueArray(fc.constantFrom(...items), { minLength: 1, maxLength: 3 });
}

const MATCHERS: fc.Arbitrary<Matchers> = fc.record({
  paths: subset(GLOBS),
  staged: fc.constant(true as const),
  argv: fc.array(
    fc.constantFrom({ words: [["git"]], rest: true }, { words: [["rm"]], rest: true }, {
      words: [["*"], ["status", "test"]],
      rest: false,
    }),
    { minLength: 1, maxLength: 2 },
  ),
  options: subset(["--all", "-*"]),
  cwd: subset(["${project}/**", "/tmp/**"]),
  hosts: subset(["*.example.com", "docs.example.com", "**.evil.test", "evil.test"]),
  ports: subset([443, 80]),
  methods: subset(["GET", "POST"]),
  cidr: subset(["10.0.0.0/8", "0.0.0.0/0"]),
  remote: fc.boolean(),
  providers: subset(["acme", "a*", "builtin"]),
  secrets: subset(["handle://vault/x/*", "handle://vault/y/key"]),
  packages: subset(["npm:*", "acme/pdf"]),
  imports: subset(["az:host/*", "az:host/clock"]),
  skill: fc.record({ trust: subset(["signed", "local", "generated"] as const) }),
  classification: subset(CLASSIFICATIONS),
  tier: subset(ISOLATION_TIERS),
  tainted: fc.constantFrom("true", "false", "any"),
}, { requiredKeys: [] });

function fitting(matchers: Matchers, capability: Capability): Matchers {
  const entries = Object.entries(matchers).filter(([name]) => {
    const fits = MATCHER_FITS[name as keyof Matchers];
    return fits === null || fits.includes(capability);
  });
  return Object.fromEntries(entries);
}

const RULE: fc.Arbitrary<Omit<PolicyRule, "id">> = fc.record({
  effect: fc.constantFrom(...DECISIONS),
  capability: fc.constantFrom(...CAPABILITIES),
  match: MATCHERS,
  except: fc.option(MATCHERS, { freq: 3 }),
  redact: subset(["pii", "secret"] as const),
}).map(({ effect, capability, match, except, redact }) => {
  const carved = except === null || effect === "allow" ? null : fitting(except, capability);
  return {
    effect,
    capabilities: [capability],
    reason: null,
    match: fitting(match, capability),
    except: carved === null || Object.keys(carved).length === 0 ? null : carved,
    approval: null,
    redact: effect === "allow_with_redaction" ? redact : [],
    maxBytes: null,
    examples: { match: [], not_match: [] },
    at: { line: 1, col: 1 },
  };
});

const RULES = fc.array(RULE, { maxLength: 12 }).map((rules) =>
  rules.map((rule, i): PolicyRule => ({ ...rule, id: `r${i}` }))
);

function documentFor(rules: readonly PolicyRule[]): PolicyDocument {
  return {
    version: 2,
    name: null,
    approval: { maxScope: null, timeoutMs: null, ttlMs: null },
    sets: [],
    classify: [],
    rules,
    tests: [],
  };
}

function layer(rules: readonly PolicyRule[], more: Partial<PolicyLayer> = {}): PolicyLayer {
  return { layer: "user", document: documentFor(rules), sha256: "sha256:x", path: "x", grants: true, ...more };
}

const PATH_TARGET = fc.record({
  real: fc.constantFrom(...PATHS),
  lexical: fc.constantFrom(...PATHS),
  staged: fc.boolean(),
})
  .map(({ real, lexical, staged }) => pathOf(real, { lexical, staged }));

const TARGETS: Readonly<Record<Capability, fc.Arbitrary<AtomicAction["target"]>>> = {
  file_read: PATH_TARGET,
  file_write: PATH_TARGET,
  acp_context_request: PATH_TARGET,
  mvm_mount: PATH_TARGET,
  shell_command: fc.tuple(fc.constantFrom(...ARGVS), fc.constantFrom("/home/me/shop", "/tmp"), fc.boolean())
    .map(([argv, cwd, secrets]) => shell(argv ?? "x $(y)", { cwd, secrets }).target),
  network_request: fc.record({
    host: fc.constantFrom(...HOSTS),
    port: fc.constantFrom(443, 80),
    method: fc.constantFrom("GET", "POST"),
    addresses: fc.constantFrom(null, ["10.0.0.9"], ["93.184.216.34"], ["93.184.216.34", "10.0.0.9"]),
  }).map(({ host, ...more }) => fetching(host, more).target),
  model_call: fc.tuple(fc.constantFrom(null, ...HOSTS), fc.constantFrom("acme", "builtin"), fc.boolean())
    .map(([host, provider, remote]) => modelCall(host, { provider, remote }).target),
  secret_handle_usage: fc.constantFrom("handle://vault/x/key", "handle://vault/y/key").map((handle) =>
    secretUse({ handle }).target
  ),
  package_install: fc.constantFrom("npm:x", "acme/pdf").map((id) => ({
    kind: "package",
    id,
    version: null,
    digest: null,
  })),
  package_execution: fc.constantFrom("npm:x", "acme/pdf").map((id) => ({
    kind: "package",
    id,
    version: null,
    digest: null,
  })),
  skill_load: fc.constant({ kind: "skill", name: "x" }),
  runtime_launch: fc.constant({ kind: "skill", name: "x" }),
  wasm_host_call: fc.constantFrom("az:host/clock", "az:host/filesystem").map((name) => ({ kind: "import", name })),
};

const ACTION: fc.Arbitrary<AtomicAction> = fc.constantFrom(...CAPABILITIES).chain((capability) =>
  fc.record({
    target: TARGETS[capability],
    classes: fc.uniqueArray(fc.constantFrom(...CLASSIFICATIONS), { maxLength: 3 }),
    tainted: fc.boolean(),
    skill: fc.option(fc.constantFrom("signed", "local", "generated").map((trust) => toolActor({ trust }))),
    usual: fc.boolean(),
    tier: fc.constantFrom(...ISOLATION_TIERS),
  }).map(({ target, usual, tier, ...more }) => act(capability, target, usual ? more : { ...more, tier }))
);

describe("decide(), for any policy and action", { timeout: 120_000 + 200 * RUNS }, () => {
  it("order: permuting rules, layers and items changes neither decision nor rule", () => {
    fc.assert(
      fc.property(fc.tuple(RULES, RULES), ACTION, fc.infiniteStream(fc.nat()), ([mine, theirs], action, noise) => {
        function shuffled(rules: readonly PolicyRule[]): readonly PolicyRule[] {
          return rules.map((rule) => ({ key: noise.next().value, rule: { ...rule, match: turned(rule.match) } }))
            .toSorted((a, b) => a.key - b.key).map(({ rule }) => rule);
        }
        const before = decide(stateFor([layer(mine), layer(theirs, { layer: "project" })]), action);
        const after = decide(stateFor([layer(shuffled(theirs), { layer: "project" }), layer(shuffled(mine))]), action);
        expect(after).toEqual(before);
      }),
      OPTIONS,
    );
  });

  it("narrowing: an untrusted file, the mode, a ceiling or one more deny never lowers a severity", () => {
    fc.assert(
      fc.property(RULES, RULES, ACTION, (mine, clone, action) => {
        const base = stateFor([layer(mine)], { ceiling: false });
        const before = severity(decide(base, action).decision);
        const denies = clone.map((rule, i): PolicyRule => ({ ...rule, id: `d${i}`, effect: "deny", redact: [] }));
        const tighter = [
          stateFor([layer(mine), layer(clone, { layer: "project", grants: false })], { ceiling: false }),
          stateFor([layer([...mine, ...denies])], { ceiling: false }),
          { ...base, mode: "read-only" } as const,
          { ...base, ceiling: true },
          { ...base, degraded: true },
          { ...base, broken: "x" },
          { ...base, grants: { never: () => "never.0", answers: () => null } },
        ];
        for (const state of tighter) {
          // The floor's own model is the one thing that a broken policy leaves standing, at the mildest there is.
          if (state.broken !== null && action.target.kind === "model") continue;
          expect(severity(decide(state, action).decision)).toBeGreaterThanOrEqual(before);
        }
      }),
      OPTIONS,
    );
  });

  it("no widening: what no granting rule matches stays denied, whatever the narrowing files say", () => {
    fc.assert(
      fc.property(RULES, ACTION, (clone, action) => {
        const { decision, rule } = decide(stateFor([layer(clone, { layer: "project", grants: false })]), action);
        if (action.target.kind === "model" && action.target.host === null && rule !== null) return;
        expect(decision).toBe("deny");
      }),
      OPTIONS,
    );
  });

  it("index: the same verdict as a scan of every rule", () => {
    fc.assert(
      fc.property(RULES, RULES, ACTION, (mine, clone, action) => {
        const state = stateFor([layer(mine), layer(clone, { layer: "project", grants: false })]);
        expect(decide(state, action)).toEqual(decide({ ...state, scan: true }, action));
      }),
      OPTIONS,
    );
  });

  it("totality: any JSON as an action gives a deny, and never a throw", () => {
    const state = stateFor("id: all, effect: allow, capability: [file_read, shell_command]");
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(...CAPABILITIES), fc.anything(), (json, capability, thing) => {
        for (
          const action of [JSON.parse(json), { ...JSON.parse(json), capability }, {
            capability,
            target: thing,
            classes: thing,
          }, thing]
        ) {
          expect(decide(state, action as AtomicAction).decision).toBe("deny");
        }
      }),
      OPTIONS,
    );
  });

  it("totality: a good action with one field replaced by anything still gives one of four", () => {
    const state = stateFor("id: all, effect: allow, capability: [file_read, shell_command, network_request]");
    fc.assert(
      fc.property(
        ACTION,
        fc.constantFrom("capability", "target", "classes", "tier", "tainted", "skill"),
        fc.anything(),
        (action, field, thing) => {
          expect(DECISIONS).toContain(decide(state, { ...action, [field]: thing }).decision);
        },
      ),
      OPTIONS,
    );
  });

  it("reports the rule that a reader would: a named rule exists and has the reported severity", () => {
    fc.assert(
      fc.property(RULES, ACTION, (mine, action) => {
        const verdict = decide(stateFor([layer(mine)], { ceiling: false }), action);
        const rule = mine.find((one) => one.id === verdict.rule);
        const floor = verdict.rule?.startsWith("floor.") === true || verdict.rule === null;
        const named = rule === undefined ? floor : shortly(verdict) === `${rule.effect} ${rule.id}`;
        expect(named).toBe(true);
      }),
      OPTIONS,
    );
  });
});

/** The same alternatives in another order. */
function turned(matchers: Matchers): Matchers {
  const entries = Object.entries(matchers).map((
    [name, value],
  ) => [name, Array.isArray(value) ? value.toReversed() : value]);
  return Object.fromEntries(entries);
}
