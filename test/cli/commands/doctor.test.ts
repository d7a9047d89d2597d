import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hiddenToolChains } from "../../../cli/commands/doctor/tool-chains.ts";
import { initialise, type Ran, runAgentzero } from "../../support/run-agentzero.ts";
import { tempDir } from "../../support/temp-dir.ts";

type Checks = readonly { name: string; status: string; detail: string; fix: string | null }[];

function checksOf(ran: Ran): ReadonlyMap<string, Checks[number]> {
  return new Map((ran.json()["checks"] as Checks).map((check) => [check.name, check]));
}

describe("agentzero doctor", () => {
  it("says what works on a fresh machine, changes nothing, and names a fix for each gap", async () => {
    const base = tempDir({ "lone/x": "", "me/x": "" });
    const home = join(base, "home");
    const ran = await runAgentzero(["doctor", "--json"], {
      cwd: join(base, "lone"),
      home,
      env: { HOME: join(base, "me") },
    });
    const checks = checksOf(ran);
    for (
      const name of "runtime files shell wasm home keys config project policy audit models terminal git".split(" ")
    ) {
      expect(checks.get(name)?.detail).toEqual(expect.any(String));
    }
    expect([...checks.values()].filter(({ status, fix }) => status === "fail" && fix === null)).toEqual([]);
    expect(checks.get("keys")).toMatchObject({ status: "warn", fix: "agentzero init" });
    const protections = ran.json()["protections"] as readonly { name: string; state: string; detail: string }[];
    expect(protections.map(({ name }) => name)).toContain("network");
    for (const { state, detail } of protections) {
      expect(["on", "off", "unsupported"]).toContain(state);
      expect(detail).toEqual(expect.any(String));
    }
    const config = ran.json()["config"] as readonly { key: string; origin: string }[];
    expect(config.find(({ key }) => key === "limits.turns")).toMatchObject({ value: 50, origin: "built-in" });
    expect(existsSync(home)).toBe(false);
  });

  it("fails on what is broken, with 1, and says so in words", async () => {
    const base = tempDir({ "shop/x": "", "me/x": "" });
    const at = { cwd: join(base, "shop"), home: join(base, "home"), env: { HOME: join(base, "me") } };
    await initialise(at);
    expect(checksOf(await runAgentzero(["doctor", "--json"], at)).get("policy")).toMatchObject({ status: "ok" });
    writeFileSync(join(at.home, "config.yml"), "v: 1\nmodl: x\n", { mode: 0o600 });
    const broken = await runAgentzero(["doctor", "--json"], at);
    expect(broken.exit).toBe(1);
    expect(checksOf(broken).get("config")).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("line 2"),
      fix: 'did you mean "model"?',
    });
    const words = await runAgentzero(["doctor"], at);
    expect(words.stdout).toContain("fail");
    expect(words.stdout).toMatch(/^(?:on|off|unsupported) +network /m);
    expect(words.stdout).toContain('do: did you mean "model"?');
  });
});

describe("hiddenToolChains()", () => {
  it("offers the folder that a bin belongs to, never the shared ones", () => {
    const home = tempDir();
    for (const path of [".nvm/v22/bin", ".local/bin", "bin", ".cargo/bin", "x/node_modules/.bin"]) {
      mkdirSync(join(home, path), { recursive: true });
    }
    symlinkSync("/usr/bin", join(home, "gone"));
    const PATH = [".nvm/v22/bin", ".local/bin", "bin", ".cargo/bin", "x/node_modules/.bin", "missing/bin"]
      .map((path) => join(home, path)).concat("/usr/bin").join(":");
    expect(hiddenToolChains({ PATH }, home, [join(home, ".cargo")])).toEqual(
      [".nvm/v22", ".local/bin", "bin"].map((path) => join(home, path)),
    );
  });
});
