import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sameReason } from "../../../cli/commands/doctor/same-reason.ts";
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

describe("agentzero doctor --json", () => {
  it("lists what counts here with its origin: a trusted project's file, and what is above it", async () => {
    const base = tempDir({ "shop/x": "", "me/x": "" });
    const at = { cwd: join(base, "shop"), home: join(base, "home"), env: { HOME: join(base, "me") } };
    await initialise(at);
    const file = "v: 1\nmodel: vllm/qwen\nlimits: { turns: 7, tokens: 999999999 }\n";
    writeFileSync(join(at.cwd, ".agentzero/config.yml"), file);
    const before = await runAgentzero(["doctor", "--json"], at);
    expect(checksOf(before).get("config")).toMatchObject({ status: "warn", fix: "agentzero policy trust" });
    expect(origins(before)["provider"]).toBe("builtin built-in");
    const hash = createHash("sha256").update(readFileSync(join(at.cwd, ".agentzero/policy.yml"))).digest("hex");
    expect((await runAgentzero(["policy", "trust", "--sha256", hash], at)).exit).toBe(0);
    const trusted = origins(await runAgentzero(["doctor", "--json"], at));
    expect(trusted).toMatchObject({
      provider: "vllm project",
      model: "qwen project",
      "limits.turns": "7 project",
      "limits.tokens": "2000000 built-in",
    });
    const env = { ...at.env, AGENTZERO_MODEL: "ollama/other" };
    expect(origins(await runAgentzero(["doctor", "--json"], { ...at, env }))["model"]).toBe("other environment");
  });

  it("tells a model whose provider is not configured", async () => {
    const base = tempDir({ "home/config.yml": "v: 1\nmodel: olama/llama3.2\n", "lone/x": "", "me/x": "" });
    const at = { cwd: join(base, "lone"), home: join(base, "home"), env: { HOME: join(base, "me") } };
    const ran = await runAgentzero(["doctor", "--json"], at);
    expect(ran.exit).toBe(1);
    expect(checksOf(ran).get("config")).toMatchObject({ status: "fail", fix: 'did you mean "ollama"?' });
  });
});

function origins(ran: Ran): Readonly<Record<string, string>> {
  const entries = ran.json()["config"] as readonly { key: string; value: unknown; origin: string }[];
  return Object.fromEntries(entries.map(({ key, value, origin }) => [key, `${String(value)} ${origin}`]));
}

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

describe("sameReason()", () => {
  it("names once what is missing for one reason, and each of what is there", () => {
    const fix = "sudo apt-get install -y bubblewrap";
    const missing = { state: "off", detail: "commands are refused. bwrap is not installed", fix } as const;
    const files = { name: "file access", state: "on", detail: "verified", fix: null } as const;
    const group = { name: "control group", state: "off", detail: "none was delegated", fix: null } as const;
    expect(sameReason([files, { name: "network", ...missing }, group, { name: "limits", ...missing }])).toEqual([
      files,
      { name: "2 of them", ...missing, detail: `network, limits: ${missing.detail}` },
      group,
    ]);
  });
});
