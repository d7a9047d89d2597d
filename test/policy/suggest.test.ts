import { describe, expect, it } from "vitest";
import { type AtomicAction, loadSodium } from "../../core/mod.ts";
import { decide } from "../../policy/decide.ts";
import { parsePolicy } from "../../policy/parse-policy.ts";
import { printRule } from "../../policy/print-rule.ts";
import { suggestRules } from "../../policy/suggest.ts";
import { DEFAULT_POLICY } from "../../policy/templates.ts";
import { layerOf } from "./policy-text.ts";
import { fetching, secretUse, shell, stateFor, toolActor, write } from "./rig.ts";

await loadSodium();
const SHOP = "/home/me/shop";

function suggestFor(policy: string, actions: readonly AtomicAction[], min = 2): ReturnType<typeof suggestRules> {
  const layers = [layerOf(policy, { layer: "project" })];
  const approved = actions.map((action, seq) => ({ action, session: "ses_x", seq }));
  return suggestRules(approved, { layers, state: stateFor(layers), min });
}

/** The policy with a suggestion pasted in, as its comment says: rules of the same id replace the old ones. */
function pasted(policy: string, yaml: string): string {
  const ids = [...yaml.matchAll(/id: ([a-z0-9-]+)/g)].map(([, id]) => id);
  const kept = policy.split("\n").filter((line) => !ids.some((id) => line.includes(`id: ${id},`)));
  return [...kept, ...yaml.split("\n").map((line) => line.replace(/^- \{ (.*) \}$/, "$1"))].join("\n");
}

const ASK = 'id: ask, effect: requires_approval, capability: file_write, paths: ["${project}/**"], reason: look first';

describe("suggestRules()", () => {
  it("proposes an exception and an allow for exactly what was approved often enough", () => {
    const [suggestion, ...more] = suggestFor(ASK, [write(`${SHOP}/a`), write(`${SHOP}/b`), write(`${SHOP}/a`)]);
    expect(more).toEqual([]);
    expect(suggestion?.events).toEqual([{ session: "ses_x", seq: 0 }, { session: "ses_x", seq: 2 }]);
    const after = stateFor(pasted(ASK, suggestion?.yaml ?? ""));
    expect(decide(after, write(`${SHOP}/a`)).decision).toBe("allow");
    expect(decide(after, write(`${SHOP}/b`)).decision).toBe("requires_approval");
    expect(suggestion?.diff.map(({ from, to }) => [from, to])).toEqual([["requires_approval", "allow"]]);
  });

  it("keeps the exception that a rule has, also one with a condition", () => {
    const rule = ASK.replace(", reason", ', except: { paths: ["${project}/**/*.log"], staged: true }, reason');
    const rules =
      `${rule}\nid: logs, effect: allow, capability: file_write, staged: true, paths: ["\${project}/**/*.log"]`;
    const [suggestion] = suggestFor(rules, [write(`${SHOP}/a`), write(`${SHOP}/a`)]);
    const after = stateFor(pasted(rules, suggestion?.yaml ?? ""));
    function decided(path: string, staged: boolean): string {
      return decide(after, write(`${SHOP}/${path}`, { staged })).decision;
    }
    expect([decided("a", false), decided("a", true)]).toEqual(["allow", "allow"]);
    expect([decided("b", false), decided("b", true)]).toEqual(["requires_approval", "requires_approval"]);
    expect([decided("x.log", false), decided("x.log", true)]).toEqual(["requires_approval", "allow"]);
  });

  it("works for the policy that `init` writes", () => {
    const { document } = parsePolicy(DEFAULT_POLICY);
    if (document === null) throw new Error("the template loads");
    const layers = [layerOf("", { document, layer: "project" })];
    const action = write(`${SHOP}/src/a.ts`);
    const approved = [1, 2].map((seq) => ({ action, session: "ses_x", seq }));
    const [suggestion] = suggestRules(approved, { layers, state: stateFor(layers), min: 2 });
    expect(suggestion?.yaml).toContain('"${project}/src/a.ts"');
    expect(parsePolicy(`version: 2\nrules:\n${suggestion?.yaml.replaceAll(/^/gm, "  ")}\n`).problems).toEqual([]);
  });

  it("names the tests of the policy that would no longer hold", () => {
    const { document } = parsePolicy(DEFAULT_POLICY);
    if (document === null) throw new Error("the template loads");
    const line = document.tests.find(({ request }) => request.path?.endsWith("/src/a.ts"))?.at.line ?? 0;
    const layers = [layerOf("", { document, layer: "project" })];
    function yamlFor(path: string): readonly string[] {
      const action = write(path, { staged: true });
      const approved = [1, 2].map((seq) => ({ action, session: "ses_x", seq }));
      const [suggestion] = suggestRules(approved, { layers, state: stateFor(layers), min: 2 });
      return suggestion?.yaml.split("\n") ?? [];
    }
    expect(yamlFor(`${SHOP}/src/a.ts`)[0]).toMatch(
      new RegExp(`^# first change line ${line} of the project policy: a test expects requires_approval`),
    );
    expect(yamlFor(`${SHOP}/src/b.ts`)[0]).toMatch(/^- \{ id: write-project,/);
  });

  it("proposes words and hosts, letter by letter", () => {
    const rules =
      "id: ask-run, effect: requires_approval, capability: shell_command\nid: ask-net, effect: requires_approval, capability: network_request";
    const [run] = suggestFor(rules, [shell(["npm", "run", "lint"]), shell(["npm", "run", "lint"])]);
    expect(run?.yaml).toContain("argv: [[npm, run, lint]]");
    const [net] = suggestFor(rules, [fetching("docs.example.com"), fetching("docs.example.com")]);
    expect(net?.yaml).toContain("hosts: [docs.example.com], ports: [443], methods: [GET]");
  });

  it.each<readonly [string, AtomicAction]>([
    ["tainted", shell(["npm", "test"], { tainted: true })],
    ["opaque", shell("npm $(x)")],
    ["interpreter", shell(["node", "x.js"])],
    ["shell", shell(["bash", "x.sh"])],
    ["secret", secretUse()],
    ["secret environment", shell(["npm", "test"], { secrets: true })],
    ["by a skill", shell(["npm", "test"], { skill: toolActor() })],
    ["wildcard in a word", shell(["ls", "*"])],
    ["letter no glob can hold", write(`${SHOP}/[a]`)],
    ["letter that is not ASCII", write(`${SHOP}/\u00fc`)],
  ])("proposes nothing from what is %s", (_, action) => {
    const rules = `${ASK}
      id: run, effect: requires_approval, capability: shell_command
      id: key, effect: requires_approval, capability: secret_handle_usage`;
    expect(suggestFor(rules, [action, action, action])).toEqual([]);
  });

  it("proposes nothing for what is not asked any more, or what another rule would still ask about", () => {
    expect(suggestFor("id: all, effect: allow, capability: file_write", [write("/a"), write("/a")])).toEqual([]);
    const rules =
      `${ASK}\nid: later, effect: requires_approval, capability: file_write, paths: ["**/package.json"], except: { tier: [none] }`;
    expect(suggestFor(rules, [write(`${SHOP}/package.json`), write(`${SHOP}/package.json`)])).toEqual([]);
  });
});

describe("printRule()", () => {
  it("gives back every rule of the templates", () => {
    const { document } = parsePolicy(DEFAULT_POLICY);
    const rules = document?.rules ?? [];
    const printed = `version: 2\nrules:\n${rules.map((rule) => `  ${printRule(rule)}\n`).join("")}`;
    const again = parsePolicy(printed);
    expect(again.problems).toEqual([]);
    const bare = rules.map(({ at: _at, examples: _examples, ...rule }) => rule);
    expect(again.document?.rules.map(({ at: _at, examples: _examples, ...rule }) => rule)).toEqual(bare);
  });

  it("quotes words that YAML reads as something else", () => {
    const [rule] = parsePolicy(
      'version: 2\nrules:\n  - { id: a, effect: allow, capability: shell_command, argv: [["true", "no", "-1", "a b", "1"]] }\n',
    ).document?.rules ?? [];
    if (rule === undefined) throw new Error("it loads");
    expect(printRule(rule)).toBe(
      '- { id: a, effect: allow, capability: shell_command, argv: [["true", "no", "-1", "a b", "1"]] }',
    );
  });
});
