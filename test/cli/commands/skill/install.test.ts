import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { skillInstall } from "../../../../cli/commands/skill/install.ts";
import type { CommandContext, CommandInput } from "../../../../cli/context.ts";
import { contextIn } from "../../../support/context.ts";
import { buildProbe } from "../../../support/skill-rig.ts";
import { type Desk, makeSharedDesk } from "../../../skills/install/desk.ts";
import { makeSigner, release, writePackageAs } from "../../../skills/install/publisher.ts";
import { sampleComponent } from "../../../skills/install/sample-component.ts";

const KEYS = {
  "az.runtime": "wasm-sandbox",
  "az.world": "az:host/tool@0.3.0",
  "az.wasm": "component/skill.wasm",
  "az.perm.fs.read": "workspace:data/**.csv",
  "az.perm.net": "GET https://api.example.com:443/repos/**",
  "az.reason.net": "Reads the issues.",
} as const;

let desk: Desk;
beforeAll(async () => {
  desk = await makeSharedDesk();
});
beforeEach(() => desk.reset());

/** A person who types these answers; gives what was asked and shown. */
function person(
  answers: readonly string[],
): { context: CommandContext; asked: string[]; shown: string[]; said: unknown[] } {
  const [asked, shown, said]: [string[], string[], unknown[]] = [[], [], []];
  const left = [...answers];
  const context = contextIn(desk.project, desk.home);
  return {
    asked,
    shown,
    said,
    context: {
      ...context,
      output: { ...context.output, note: (text) => void shown.push(text), json: (value) => void said.push(value) },
      terminal: {
        line(question: string): Promise<string | null> {
          asked.push(question);
          return Promise.resolve(left.shift() ?? null);
        },
        hidden: () => Promise.resolve(null),
        confirm: () => Promise.resolve(false),
        approver: { channel: "none", ask: () => Promise.resolve({ kind: "refused", why: "nobody", message: null }) },
      } as unknown as NonNullable<CommandContext["terminal"]>,
    },
  };
}

function words(file: string, given: { readonly key?: string; readonly allowDowngrade?: true } = {}): CommandInput {
  return {
    arg: (index) => index === 0 ? file : undefined,
    rest: () => [],
    flag: (name) => name === "allowDowngrade" && given.allowDowngrade === true,
    option: (name) => name === "key" ? given.key : undefined,
    options: () => [],
  };
}

function pack(version: string, keys: Readonly<Record<string, string>> = KEYS): string {
  const files = keys["az.runtime"] === undefined ? {} : { "component/skill.wasm": sampleComponent() };
  const archive = release(version, { keys, files });
  return writePackageAs(join(desk.root, `${version}.azs`), archive, desk.signer.sign(archive));
}

function granted(): Record<string, unknown> {
  const file = JSON.parse(readFileSync(join(desk.home, "grants/packages.json"), "utf8")) as {
    grants: { shape: string }[];
  };
  return (JSON.parse(file.grants.at(-1)?.shape ?? "{}") as { permissions: Record<string, unknown> }).permissions;
}

describe("a person who is asked about an installation", () => {
  it("sees one line an atom with what the author claims, and a warning; no is the default", async () => {
    await desk.trust();
    const alone = person([""]);
    await expect(skillInstall(alone.context, words(pack("1.0.0")))).rejects.toMatchObject({ code: "APPROVAL_REFUSED" });
    const text = alone.shown.join("\n");
    expect(text).toContain("[x] 1  fs.read  workspace:data/**.csv");
    expect(text).toContain("[x] 2  net      GET https://api.example.com:443/repos/**");
    expect(text).toContain("the author says: Reads the issues.");
    expect(text).toContain("it reads and can send");
    expect((await desk.run("skill", "info", "pdf-report", "--json")).json()).toMatchObject({
      error: { code: "LOCK_MISSING" },
    });
  });

  it("strikes off an atom, and is not asked about it again", async () => {
    await desk.trust();
    const first = person(["2", "y"]);
    await skillInstall(first.context, words(pack("1.0.0")));
    expect(granted()).toMatchObject({ "fs.read": ["workspace:data/**.csv"], net: [] });
    expect(first.said).toMatchObject([{ skills: [{ state: "ready" }] }]);
    // The same skill again, only its version is new: nothing is asked, and nothing is given back.
    const next = person([]);
    await skillInstall(next.context, words(pack("1.1.0")));
    expect(next.asked).toEqual([]);
    expect(granted()).toMatchObject({ net: [] });
  });

  it("strikes off all that a component imports, and it runs with what is left", async () => {
    await desk.trust();
    mkdirSync(join(desk.project, "data"));
    writeFileSync(join(desk.project, "data/a.csv"), "a secret of the project\n");
    const keys = { ...KEYS, "az.perm.secret": "github/default -> https://api.example.com:443 bearer" };
    const component = await buildProbe(["filesystem", "http", "secrets"]);
    const archive = release("1.0.0", { keys, files: { "component/skill.wasm": component } });
    const file = writePackageAs(join(desk.root, "probe.azs"), archive, desk.signer.sign(archive));
    await skillInstall(person(["1 2 3", "y"]).context, words(file));
    expect(granted()).toMatchObject({ "fs.read": [], net: [], secret: [] });
    const calls = [
      { iface: "filesystem", func: "readFile", args: ["data/a.csv"] },
      { iface: "http", func: "fetch", args: [{ method: "GET", url: "https://api.example.com:443/repos/a" }] },
      { iface: "secrets", func: "getSecret", args: ["github/default"] },
      { iface: "clock", func: "now", args: [] },
    ];
    const ran = await desk.run("skill", "run", "pdf-report", "--input", JSON.stringify({ calls }), "--json");
    expect([ran.exit, ran.json()]).toMatchObject([0, { ok: true, tier: "wasm-sandbox" }]);
    const [read, sent, secret, now] = JSON.parse(String(ran.json()["output"])) as { ok: boolean; tag: string }[];
    expect([read, sent, secret]).toMatchObject([{ tag: "denied" }, { tag: "denied" }, { tag: "denied" }]);
    expect(now).toMatchObject({ ok: true });
    expect(ran.stdout).not.toContain("a secret of the project");
  });

  it("is asked about one more host alone", async () => {
    await desk.trust();
    await skillInstall(person(["y"]).context, words(pack("1.0.0")));
    const wider = { ...KEYS, "az.perm.net": `${KEYS["az.perm.net"]} GET https://cdn.example.com:443/**` };
    const upgrade = person(["y"]);
    await skillInstall(upgrade.context, words(pack("1.1.0", wider)));
    const boxes = upgrade.shown.filter((line) => /\[[x ]\]/.test(line));
    expect(boxes).toEqual(["  [x] 1  net      GET https://cdn.example.com:443/**"]);
    expect(upgrade.shown.join("\n")).toContain("it wants more than you approved before");
    expect(granted()).toMatchObject({
      net: [{ origin: "https://api.example.com:443" }, { origin: "https://cdn.example.com:443" }],
    });
  });

  it("who strikes the new host off keeps what was approved", async () => {
    await desk.trust();
    await skillInstall(person(["y"]).context, words(pack("1.0.0")));
    const wider = { ...KEYS, "az.perm.net": `${KEYS["az.perm.net"]} GET https://cdn.example.com:443/**` };
    await skillInstall(person(["1", "y"]).context, words(pack("1.1.0", wider)));
    expect(granted()).toMatchObject({ net: [{ origin: "https://api.example.com:443" }] });
    expect((await desk.run("skill", "info", "pdf-report", "--json")).exit).toBe(0);
  });

  it("an upgrade that may do less asks nothing", async () => {
    await desk.trust();
    await skillInstall(person(["y"]).context, words(pack("1.0.0")));
    const { "az.perm.net": _net, "az.reason.net": _reason, ...less } = KEYS;
    const upgrade = person(["y"]);
    await skillInstall(upgrade.context, words(pack("1.1.0", less)));
    // Its text names fewer permissions: that is other content, so it is shown; but nothing new is asked for.
    expect(upgrade.shown.filter((line) => /\[[x ]\]/.test(line))).toEqual([]);
    expect(granted()).toMatchObject({ "fs.read": ["workspace:data/**.csv"], net: [] });
  });

  it("pins an unknown key by typing its end, and only then is asked about the skill", async () => {
    const stranger = makeSigner(5);
    const archive = release("1.0.0");
    const file = writePackageAs(join(desk.root, "stranger.azs"), archive, stranger.sign(archive));
    const pub = join(desk.root, "stranger.pub.txt");
    writeFileSync(pub, stranger.pub);
    const careless = person(["y", "y"]);
    await expect(skillInstall(careless.context, words(file, { key: pub }))).rejects.toMatchObject({
      code: "TRUST_DECLINED",
    });
    const careful = person([stranger.key.public.text.slice(-8), "y"]);
    await skillInstall(careful.context, words(file, { key: pub }));
    expect(careful.shown.join("\n")).toContain(stranger.key.public.text);
    expect((await desk.run("trust", "list", "--json")).stdout).toContain(stranger.key.public.text);
  });

  it("goes back to an older release only after typing its name", async () => {
    await desk.trust();
    await skillInstall(person(["y"]).context, words(pack("2.0.0", {})));
    const old = pack("1.0.0", {});
    const careless = person(["y", "y"]);
    await expect(skillInstall(careless.context, words(old, { allowDowngrade: true }))).rejects.toMatchObject({
      code: "ROLLBACK",
    });
    await skillInstall(person(["example-org/pdf-report@1.0.0", "y"]).context, words(old, { allowDowngrade: true }));
    expect((await desk.run("skill", "info", "pdf-report", "--json")).json()).toMatchObject({
      skills: [{ version: "1.0.0" }],
    });
    // What was seen is not lowered by it.
    await desk.run("skill", "remove", "pdf-report");
    const again = await desk.run("skill", "install", old, "--json");
    expect(again.json()).toMatchObject({ error: { code: "ROLLBACK" } });
  });
});
