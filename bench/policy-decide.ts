import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AtomicAction, sha256 } from "../core/mod.ts";
import type { DecisionState } from "../policy/decision-state.ts";
import { DEFAULT_TIER, openPolicy, type PathRoots, type PolicyOptions, trustPolicy } from "../policy/mod.ts";
import { compilePolicy } from "../policy/compile.ts";
import { decide } from "../policy/decide.ts";
import { stateOf } from "../policy/embedded-tests.ts";
import { parsePolicy } from "../policy/parse-policy.ts";
import { inFolder } from "./support/in-folder.ts";
import { median, quantile, type Row } from "./support/row.ts";

// The same 512 requests on policies of 10, 100 and 1,000 rules of all kinds, and opening a policy of 1,000 rules.
const REQUESTS = 512;
const ROUNDS = 400;
const PROJECT = "/home/me/shop";
const ROOTS: PathRoots = { project: PROJECT, home: "/home/me", tmp: "/tmp", skill_data: null, fold: false };

/** Measures decisions and loading. */
export async function measure(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [count, goal] of [[10, 0.5], [100, 0.5], [1_000, 1.5]] as const) {
    const { p50, p99 } = timeDecisions(stateFor(policyOf(count)));
    rows.push(
      {
        name: `decide(), ${count} rules, p50`,
        ours: p50,
        unit: "us",
        peer: null,
        goal: `<= ${goal} us`,
        reached: p50 <= goal,
      },
      {
        name: `decide(), ${count} rules, p99`,
        ours: p99,
        unit: "us",
        peer: null,
        goal: "<= 10 us",
        reached: p99 <= 10,
      },
    );
  }
  const { bundle, yaml } = await timeOpening(policyOf(1_000));
  rows.push(
    {
      name: "open policy, 1,000 rules, bundle",
      ours: bundle,
      unit: "ms",
      peer: null,
      goal: "<= 5 ms",
      reached: bundle <= 5,
    },
    {
      name: "open policy, 1,000 rules, YAML",
      ours: yaml,
      unit: "ms",
      peer: null,
      goal: "<= 500 ms",
      reached: yaml <= 500,
    },
  );
  return rows;
}

/** Rules as people write them: folders, names, programs, hosts, each with an ask or deny among the allows. */
function policyOf(count: number): string {
  const rules = ['  - { id: base, effect: allow, capability: [file_read, file_write], paths: ["${project}/**"] }'];
  for (let i = 1; i < count; i++) {
    const effect = ["allow", "requires_approval", "deny", "allow"][i % 4];
    switch (i % 5) {
      case 0:
        rules.push(
          `  - { id: r${i}, effect: ${effect}, capability: file_read, paths: ["\${project}/packages/p${i}/**"] }`,
        );
        break;
      case 1:
        rules.push(
          `  - { id: r${i}, effect: ${effect}, capability: file_write, paths: ["\${project}/src/m${i}/*.ts", "**/f${i}.ts"] }`,
        );
        break;
      case 2:
        rules.push(
          `  - { id: r${i}, effect: ${effect}, capability: shell_command, argv: [[tool${i}, [run, test], "..."]], tainted: any }`,
        );
        break;
      case 3:
        rules.push(
          `  - { id: r${i}, effect: ${effect}, capability: network_request, hosts: ["*.h${i}.example.com"], ports: [443] }`,
        );
        break;
      default:
        rules.push(
          `  - { id: r${i}, effect: ${effect}, capability: file_read, paths: ["/srv/d${i}/**"], classification: [private] }`,
        );
    }
  }
  return `version: 2\nrules:\n${rules.join("\n")}\n`;
}

function requests(count: number): readonly AtomicAction[] {
  return Array.from({ length: REQUESTS }, (_, n): AtomicAction => {
    const i = (n * 7) % count;
    switch (n % 4) {
      case 0:
        return request("file_read", path(`${PROJECT}/packages/p${i}/src/index${n}.ts`));
      case 1:
        return request("file_write", path(`${PROJECT}/src/m${i}/file${n}.ts`));
      case 2: {
        const argv = [`tool${i}`, "run", `x${n}`];
        return request("shell_command", {
          kind: "command",
          argv,
          text: argv.join(" "),
          cwd: PROJECT,
          redirects: [],
          secrets: false,
        });
      }
      default: {
        const host = `api.h${i}.example.com`;
        const url = `https://${host}/`;
        return request("network_request", {
          kind: "network",
          url,
          scheme: "https",
          host,
          port: 443,
          method: "GET",
          addresses: null,
        });
      }
    }
  });
}

function request(capability: AtomicAction["capability"], target: AtomicAction["target"]): AtomicAction {
  return { capability, target, classes: ["private"], tier: DEFAULT_TIER[capability], tainted: false, skill: null };
}

function path(real: string): AtomicAction["target"] {
  return { kind: "path", real, lexical: real, file: "file", staged: false };
}

function stateFor(text: string): DecisionState {
  const { document } = parsePolicy(text);
  if (document === null) throw new Error("the policy of the benchmark does not load");
  const policy = compilePolicy(
    [{ layer: "project", document, sha256: "sha256:x", path: "policy.yml", grants: true }],
    ROOTS,
  );
  return stateOf(policy, { homes: ["/home/me/.agentzero"], project: PROJECT });
}

function timeDecisions(state: DecisionState): { readonly p50: number; readonly p99: number } {
  const actions = requests(state.policy.tables.file_read.all.length * 3);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (const action of actions) decide(state, action);
    rounds.push((performance.now() - start) * 1_000 / REQUESTS);
  }
  // Single decisions, for the slow ones: the clock itself costs a tenth of a microsecond.
  const single = actions.flatMap((action) =>
    Array.from({ length: 20 }, () => {
      const start = performance.now();
      decide(state, action);
      return (performance.now() - start) * 1_000;
    })
  );
  return { p50: median(rounds), p99: quantile(single, 0.99) };
}

async function timeOpening(text: string): Promise<{ readonly bundle: number; readonly yaml: number }> {
  return inFolder(async (base) => {
    const [project, home] = [join(base, "shop"), join(base, "home")];
    mkdirSync(join(project, ".agentzero"), { recursive: true });
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(join(project, ".agentzero/policy.yml"), text);
    const options: PolicyOptions = {
      project,
      home,
      userHome: base,
      tmp: tmpdir(),
      systemFile: join(base, "none.yml"),
      mode: "ask",
      clock: { now: () => Date.now(), mono: () => performance.now() },
      random: { bytes: (count) => new Uint8Array(count) },
      keys: { derive: (label) => createHash("sha256").update(label).digest() },
    };
    (await openPolicy({ ...options, readOnlyState: true })).close();
    trustPolicy(options, { project, sha256: sha256(text), config: null, agents: null });
    const yaml = await time(options, 5, true);
    (await openPolicy(options)).close();
    return { yaml, bundle: await time(options, 30, false) };
  });
}

async function time(options: PolicyOptions, rounds: number, readOnlyState: boolean): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    (await openPolicy({ ...options, readOnlyState })).close();
    times.push(performance.now() - start);
  }
  return median(times);
}
