import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { b2 } from "../../../../core/mod.ts";
import { buildManifest, formatManifest, MANIFEST_PATH } from "../../../../skills/manifest.ts";
import { packArchive } from "../../../../skills/pack-archive.ts";
import { readSkillMd } from "../../../../skills/read-skill-md.ts";
import { formatTrustedComment } from "../../../../skills/trusted-comment.ts";
import { type Desk, makeSharedDesk } from "../../../skills/install/desk.ts";
import { release, writePackageAs } from "../../../skills/install/publisher.ts";
import { filesOf, lastRecord } from "../../../skills/install/traces.ts";
import { skillMd, textFile } from "../../../skills/sample-skill.ts";
import { HAS_PTY, openPty, type Pty, quiet, runtimeCommand } from "../../../support/pty.ts";

const ENTRY = fileURLToPath(new URL("../../../../cli/bin.ts", import.meta.url));
const COMPONENT = fileURLToPath(
  new URL("../../../../docs/examples/skills/byte-count/component/byte-count.wasm", import.meta.url),
);
const AFTER = "; echo exit $?";
const KEYS = {
  "az.runtime": "wasm-sandbox",
  "az.world": "az:host/tool@0.3.0",
  "az.wasm": "component/skill.wasm",
  "az.perm.fs.read": "workspace:data/**.csv workspace:README.md",
  "az.perm.net": "GET https://api.example.com:443/repos/**",
  "az.reason.net": "Reads the issues.",
  "az.reason.fs.read": "Counts the rows.",
} as const;

let desk: Desk;
let last8: string;

beforeAll(async () => {
  desk = await makeSharedDesk();
  last8 = desk.signer.key.public.text.slice(-8);
  const files = { "component/skill.wasm": readFileSync(COMPONENT) };
  mkdirSync(join(desk.root, "shop"));
  writeFileSync(join(desk.root, "shop/example-org.pub"), desk.signer.pub);
  const wider = { ...KEYS, "az.perm.net": `${KEYS["az.perm.net"]} GET https://other.example.com:443/**` };
  for (const [version, keys] of [["1.0.0", KEYS], ["1.1.0", wider]] as const) {
    const archive = release(version, { keys, files });
    writePackageAs(join(desk.root, `shop/pdf-report-${version}.azs`), archive, desk.signer.sign(archive));
  }
});

function install(version: string): Pty {
  return open(`skill install ../shop/pdf-report-${version}.azs`);
}

function open(line: string): Pty {
  return openPty(`${runtimeCommand(ENTRY)} ${line}${AFTER}`, {
    cwd: desk.project,
    env: { AGENTZERO_HOME: desk.home, HOME: desk.root },
  });
}

/** Waits for a question, looks at it as a person does, and types. */
async function answer(pty: Pty, question: string, keys: string): Promise<void> {
  await pty.waitFor(question);
  await quiet();
  pty.type(keys);
  if (keys !== "\u0003") {
    await quiet(100);
    pty.type("\r");
  }
}

const PIN = "Type the last 8 characters of the key to pin it: ";
const ASK = "Install it with this? y or N";

if (!HAS_PTY) process.stderr.write("skipped: the dialogue of skill install: no script of util-linux\n");

describe.runIf(HAS_PTY)("skill install at a real terminal", () => {
  it("leaves nothing behind when it is interrupted in the middle", async () => {
    const before = filesOf(desk);
    const pty = install("1.0.0");
    await answer(pty, PIN, last8);
    await answer(pty, ASK, "\u0003");
    await pty.waitFor("you said no");
    await pty.waitFor("exit 5");
    expect([...filesOf(desk)]).toEqual([...before]);
  });

  it("asks for an unknown key, shows each permission with what its author says, and takes away what is struck off", async () => {
    const pty = install("1.0.0");
    await pty.waitFor(desk.signer.key.public.text);
    await answer(pty, PIN, last8);
    await pty.waitFor("example-org/pdf-report 1.0.0");
    await pty.waitFor("the author says: Makes a report.");
    const lines = [
      "[x] 1  fs.read  workspace:README.md",
      "the author says: Counts the rows.",
      "[x] 2  fs.read  workspace:data/**.csv",
      "[x] 3  net      GET https://api.example.com:443/repos/**",
      "the author says: Reads the issues.",
      "careful: it reads and can send",
    ];
    // oxlint-disable-next-line no-await-in-loop -- one line after the other
    for (const line of lines) await pty.waitFor(line);
    await answer(pty, ASK, "1");
    await pty.waitFor("[ ] 1  fs.read  workspace:README.md");
    await pty.waitFor("[x] 2  fs.read  workspace:data/**.csv");
    await answer(pty, ASK, "y");
    await pty.waitFor('installed example-org/pdf-report@1.0.0 as "pdf-report"');
    await pty.waitFor("exit 0");
    const info = await desk.run("skill", "info", "pdf-report");
    expect(info.stdout).toContain("workspace:data/**.csv");
    expect(info.stdout).not.toContain("README.md");
    const ran = await desk.run("skill", "run", "pdf-report", "--input", '{"text":"hello"}', "--approve", "--json");
    expect(ran.json()).toMatchObject({ ok: true, tier: "wasm-sandbox", output: '{"bytes":16}' });
  });

  it("asks about the host that an update adds, and about nothing else; an unclear answer is no", async () => {
    const before = filesOf(desk);
    const pty = install("1.1.0");
    await pty.waitFor("it wants more than you approved before");
    await answer(pty, ASK, "maybe");
    await pty.waitFor("not understood");
    await answer(pty, ASK, "");
    await pty.waitFor("you said no");
    await pty.waitFor("exit 5");
    expect(pty.screen).toContain("[x] 1  net      GET https://other.example.com:443/**");
    expect(pty.screen).not.toMatch(/\[x\] (?:2|\d+ {2}fs)/u);
    expect([...filesOf(desk)]).toEqual([...before]);
    expect(await lastRecord(desk)).toContain("APPROVAL_REFUSED");
  });

  it("lets nothing of an author's words steer the terminal", async () => {
    // Signed as it is: no tool of ours packs such a text.
    const clean = skillMd({
      "az.reason.net": "RR",
      "az.perm.net": "GET https://api.example.com:443/**",
      "az.runtime": "none",
    });
    const text = clean.replace("RR", "\\e[2J\\e]0;owned\\a fine").replace(
      "Makes a report.",
      "Makes\u009b31m a report.",
    );
    const md = readSkillMd(clean, { profile: "secure" });
    if (md.secure === null) throw new Error("no secure header");
    const files = [textFile("SKILL.md", text)];
    const manifest = buildManifest(files, md.secure, { seq: 1_002_000, previous: null });
    const archive = packArchive([...files, { path: MANIFEST_PATH, bytes: formatManifest(manifest), exec: false }]);
    const { id, version, seq } = manifest;
    const comment = formatTrustedComment({ id, version, seq, b2: b2(archive), perm: md.secure.perm });
    const file = join(desk.root, "shop/hostile.azs");
    writePackageAs(file, archive, desk.signer.sign(archive, comment));
    const folder = join(desk.root, "shop/notes");
    mkdirSync(folder);
    writeFileSync(
      join(folder, "SKILL.md"),
      '---\nname: notes\ndescription: "Fine\\e[2J\\e]0;owned\\a notes\u202e. Use them."\n---\nHi\u001b[2J\n',
    );
    const pty = openPty(
      `${runtimeCommand(ENTRY)} skill install ../shop/hostile.azs${AFTER}; ${
        runtimeCommand(ENTRY)
      } skill install ../shop/notes${AFTER}`,
      { cwd: desk.project, env: { AGENTZERO_HOME: desk.home, HOME: desk.root } },
    );
    await pty.waitFor("exit 7");
    await answer(pty, ASK, "n");
    await pty.waitFor("exit 5");
    expect(pty.screen).toContain("the author says: Fine");
    for (const bytes of ["\u001b[2J", "\u001b]", "\u009b", "\u202e", "\u0007"]) expect(pty.screen).not.toContain(bytes);
  });
});
