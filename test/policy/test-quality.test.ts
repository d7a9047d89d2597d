import { describe, expect, it } from "vitest";
import { measureTests } from "../../policy/test-quality.ts";
import { layerOf } from "./policy-text.ts";
import { stateFor } from "./rig.ts";

const RULES = `version: 2
rules:
  - { id: read, effect: allow, capability: file_read, paths: ["\${project}/**"] }
  - { id: no-env, effect: deny, capability: file_read, paths: ["**/.env"] }
  - { id: weak, effect: deny, capability: file_read, paths: ["**/.env.local"] }
  - { id: forgotten, effect: deny, capability: file_write, paths: ["/srv/**"] }
tests:
  - { request: { capability: file_read, path: "\${project}/a" }, expect: allow, rule: read }
  - { request: { capability: file_read, path: "\${project}/.env" }, expect: deny, rule: no-env }
  - { request: { capability: file_read, path: "/elsewhere/.env.local" }, expect: deny }
`;

describe("measureTests()", () => {
  it("finds rules without a test, and flips that no test notices", () => {
    const layer = layerOf(RULES);
    const state = stateFor([layer]);
    const tests = layer.document.tests;
    expect(measureTests([layer], state, { tests, coverage: true, mutate: true })).toEqual({
      uncovered: ["forgotten"],
      // Denied by default as well: the test would pass without the rule.
      survivors: [],
    });
    const vague = tests.map(({ rule: _rule, ...test }) => ({ ...test, expect: "deny" as const }));
    const quality = measureTests([layer], state, { tests: vague.slice(2), coverage: false, mutate: true });
    expect(quality).toEqual({ uncovered: [], survivors: [] });
  });

  it("reports a rule whose effect the tests do not hold in place", () => {
    const text = `version: 2
rules:
  - { id: no-a, effect: deny, capability: file_read, paths: ["**/.env"] }
  - { id: no-b, effect: deny, capability: file_read, paths: ["**/.env*"] }
tests:
  - { request: { capability: file_read, path: "/x/.env" }, expect: deny }
`;
    const layer = layerOf(text);
    const quality = measureTests([layer], stateFor([layer]), {
      tests: layer.document.tests,
      coverage: true,
      mutate: true,
    });
    expect(quality.survivors).toEqual([{ rule: "no-a", from: "deny", to: "allow" }, {
      rule: "no-b",
      from: "deny",
      to: "allow",
    }]);
  });

  it("skips tests that cannot be planned", () => {
    const layer = layerOf("version: 2\ntests:\n  - { request: { capability: file_read }, expect: deny }\n");
    expect(measureTests([layer], stateFor([layer]), { tests: layer.document.tests, coverage: true, mutate: true }))
      .toEqual({ uncovered: [], survivors: [] });
  });
});
