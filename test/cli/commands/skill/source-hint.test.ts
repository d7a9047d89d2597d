import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Desk, makeSharedDesk } from "../../../skills/install/desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await makeSharedDesk();
});
beforeEach(() => desk.reset());

async function pull(): Promise<{ readonly exit: number; readonly code: string; readonly hint: string }> {
  const said = await desk.run("skill", "pull", "oci:registry.example.com/a/b:1", "--json");
  const { error } = said.json() as { error: { code: string; hint: string } };
  return { exit: said.exit, code: error.code, hint: error.hint };
}

describe("a registry that policy does not let us reach", () => {
  it("is refused with the rule to add, and where", async () => {
    const { exit, code, hint } = await pull();
    expect([exit, code]).toEqual([5, "POLICY_DEFAULT"]);
    expect(hint).toContain("below `rules:` in .agentzero/policy.yml");
    // Added there as it stands, it is a rule: now the question is put, and nobody is here to answer it.
    const rule = /- (\{ id: skills, .*? \}) {2}then/.exec(hint)?.[1] ?? "";
    await desk.allow(rule);
    expect(await pull()).toMatchObject({ exit: 5, code: "APPROVAL_NOBODY" });
  });

  it("and about which nobody can be asked is refused with what would help: no flag does", async () => {
    await desk.allow(
      "{ id: ask, effect: requires_approval, capability: network_request, hosts: [registry.example.com] }",
    );
    const { code, hint } = await pull();
    expect(code).toBe("APPROVAL_NOBODY");
    expect(hint).toContain("at a terminal");
    expect(hint).not.toContain("--approve");
  });
});
