import { describe, expect, it, test } from "vitest";
import { policyNotice } from "../../../cli/compose/policy-notice.ts";
import type { Generation, LayerStatus } from "../../../policy/mod.ts";

const PROJECT: LayerStatus = { layer: "project", path: "p", sha256: "sha256:00", grants: true, rules: 3, problems: [] };

function generation(change: Partial<Generation>): Generation {
  return {
    number: 1,
    digest: "b2:00" as Generation["digest"],
    state: "active",
    layers: [PROJECT],
    bundled: true,
    ...change,
  };
}

describe("policyNotice()", () => {
  it("has nothing to say when all is as it should be", () => expect(policyNotice(generation({}), "/p")).toBeNull());

  test.for(
    [
      ["no project", {}, null, "agentzero init"],
      ["no policy", { layers: [] }, "/p", "agentzero init"],
      ["no policy file", { layers: [{ ...PROJECT, sha256: null }] }, "/p", "agentzero init"],
      ["an untrusted one", { layers: [{ ...PROJECT, grants: false }] }, "/p", "agentzero policy trust"],
      ["a broken one", { state: "deny_all" }, "/p", "agentzero policy check"],
      ["an older one", { state: "degraded" }, "/p", "agentzero policy check"],
    ] as const,
  )(
    "names the way out of %s",
    ([, change, project, way]) => expect(policyNotice(generation(change), project)).toContain(way),
  );

  it("names the policy that does not load, its line, and why", () => {
    const problem = {
      code: "POLICY_KEY",
      level: "error",
      line: 7,
      column: 1,
      message: 'unknown key "alow"',
      hint: null,
    };
    const broken = { ...PROJECT, problems: [problem] } as unknown as LayerStatus;
    expect(policyNotice(generation({ state: "deny_all", layers: [broken] }), "/p")).toBe(
      'everything is denied: the project policy does not load: line 7: unknown key "alow" (agentzero policy check)',
    );
  });
});
