import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it, test } from "vitest";
import { loadSodium } from "../../../../core/mod.ts";
import { packArchive } from "../../../../skills/pack-archive.ts";
import { unpackArchive } from "../../../../skills/unpack-archive.ts";
import { runHere, type Said } from "../../../support/command-line.ts";
import { sharedDir, tempDir } from "../../../support/temp-dir.ts";
import { packSkill, skillMd, textFile, textSkill } from "../../../skills/sample-skill.ts";

/** A folder to work in and a home with the key `example-org`, made once. */
const made = { root: "" };

beforeAll(async () => {
  await loadSodium();
  made.root = sharedDir();
  mkdirSync(join(made.root, "work"));
  const ran = await runHere(["key", "generate", "example-org", "--json"], {
    project: join(made.root, "work"),
    home: join(made.root, "home"),
  });
  if (ran.exit !== 0) throw new Error(ran.stdout + ran.stderr);
});

interface Place {
  readonly project: string;
  readonly home: string;
}

function place(files: Readonly<Record<string, string>> = {}): Place {
  const root = tempDir();
  mkdirSync(join(root, "work"));
  cpSync(join(made.root, "home"), join(root, "home"), { recursive: true });
  // A copy forgets the modes of folders.
  for (const entry of readdirSync(join(root, "home"), { withFileTypes: true, recursive: true })) {
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o700);
  }
  for (const [path, text] of Object.entries(files)) write(join(root, "work", path), text);
  return { project: join(root, "work"), home: join(root, "home") };
}

function write(path: string, bytes: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

function codeOf(said: Said): unknown {
  const { error } = said.json() as { error?: { code?: unknown } };
  return error?.code ?? null;
}

function findingsOf(
  said: Said,
): readonly {
  readonly code: string;
  readonly path: string | null;
  readonly line: number | null;
  readonly message: string;
  readonly hint: string | null;
}[] {
  return (said.json() as { findings: never[] }).findings;
}

const GOOD = { "pdf-report/SKILL.md": skillMd(), "pdf-report/references/A.md": "a\n" };

/** Runs the commands of the format's documentation. */
function bash(script: string, cwd: string): string {
  const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", script], { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

const HAS_TOOLS = ["minisign -v", "b2sum --version", "jq --version"].every((line) => {
  const [program = "", ...args] = line.split(" ");
  return spawnSync(program, args).error === undefined;
}) && /GNU tar/.test(spawnSync("tar", ["--version"], { encoding: "utf8" }).stdout ?? "");
const REBUILD = "find . -type f -printf '%P\\n' | LC_ALL=C sort | tar -cf - --format=ustar --owner=:0 --group=:0 " +
  "--numeric-owner --mtime=@0 --mode=u=rwX,go=rX --blocking-factor=1 --no-recursion --verbatim-files-from -T - | b2sum -l 256";

describe("a skill from the first file to a verified package", () => {
  it("goes through init, validate, pack, sign and verify", async () => {
    const at = place();
    const init = await runHere(["skill", "init", "pdf-report", "--namespace", "example-org", "--json"], at);
    expect(init.json()).toMatchObject({ v: 1, name: "pdf-report", id: "example-org/pdf-report" });
    const valid = await runHere(["skill", "validate", "pdf-report", "--json"], at);
    expect([valid.exit, valid.stdout]).toEqual([0, '{"v":1,"ok":true,"findings":[]}\n']);
    const packed = await runHere(["skill", "pack", "pdf-report", "--json"], at);
    expect(packed.exit).toBe(0);
    expect(packed.json()).toMatchObject({ file: join(at.project, "pdf-report-0.1.0.azs"), seq: 1_000, sig: null });
    const archive = readFileSync(join(at.project, "pdf-report-0.1.0.azs"));
    const signed = await runHere(["skill", "sign", "pdf-report-0.1.0.azs", "--key", "example-org", "--json"], at);
    expect(signed.exit).toBe(0);
    const verified = await runHere(["skill", "verify", "pdf-report-0.1.0.azs", "--json"], at);
    expect(verified.exit).toBe(0);
    expect(verified.json()).toMatchObject({
      v: 1,
      ok: true,
      id: "example-org/pdf-report",
      package: packed.json()["package"],
    });
    // Packing again, elsewhere and into another file, gives the same bytes.
    const again = await runHere(
      ["skill", "pack", "pdf-report", "-o", "again.azs", "--sign", "example-org", "--json"],
      at,
    );
    expect(again.exit).toBe(0);
    expect(readFileSync(join(at.project, "again.azs"))).toEqual(archive);
    expect((await runHere(["skill", "verify", "again.azs"], at)).exit).toBe(0);
    expect((await runHere(["skill", "validate", "again.azs"], at)).exit).toBe(0);
    // Without its key nothing is half done: there is no package that only lacks its signature.
    const unsigned = ["skill", "pack", "pdf-report", "-o", "unsigned.azs", "--sign", "nobody", "--json"];
    expect(await runHere(unsigned, at)).toMatchObject({ exit: 4 });
    expect(readdirSync(at.project).filter((name) => name.startsWith("unsigned"))).toEqual([]);
  });

  it.skipIf(!HAS_TOOLS)("can be checked by hand, with the very commands of the documentation", async () => {
    const script = {
      "pdf-report/SKILL.md": skillMd({ "az.runtime": "host-supervised", "az.perm.exec": "skill:scripts/run.sh" }),
      "pdf-report/scripts/run.sh": "#!/bin/sh\n",
      "pdf-report/a/B.md": "b",
      "pdf-report/a-b.md": "c",
    };
    const at = place(script);
    expect((await runHere(["skill", "pack", "pdf-report", "--sign", "example-org"], at)).exit).toBe(0);
    const pub = await runHere(["key", "export", "example-org"], at);
    write(join(at.project, "example-org.pub"), pub.stdout);
    expect(bash("minisign -V -H -p example-org.pub -m pdf-report-1.2.0.azs", at.project)).toContain(
      "comment signature verified",
    );
    const file = "pdf-report-1.2.0.azs";
    const digest = bash(`b2sum -l 256 ${file} | cut -d' ' -f1`, at.project);
    const comment = readFileSync(join(at.project, `${file}.minisig`), "utf8");
    expect(comment).toContain(` b2=${digest} `);
    const rebuilt = bash(
      `d=$(mktemp -d); tar -xpf ${file} -C "$d"; cd "$d"; ${REBUILD} | cut -d' ' -f1; jq -jcS .permissions azs-manifest.json | b2sum -l 256 | cut -d' ' -f1; rm -r "$d"`,
      at.project,
    ).split("\n");
    expect(rebuilt[0]).toBe(digest);
    expect(comment).toContain(` perm=${rebuilt[1]}\n`);
  });

  it.skipIf(!HAS_TOOLS)("is signed with a key kept elsewhere by the command that --external prints", async () => {
    const at = place(GOOD);
    expect((await runHere(["skill", "pack", "pdf-report"], at)).exit).toBe(0);
    bash("minisign -G -W -p m.pub -s m.key", at.project);
    const external = await runHere(["skill", "sign", "pdf-report-1.2.0.azs", "--external"], at);
    bash(external.stdout.trim().replace("KEYFILE", "m.key").replace("-S", "-S -W"), at.project);
    const fresh = { project: at.project, home: join(at.home, "../other") };
    expect((await runHere(["skill", "verify", "pdf-report-1.2.0.azs", "--key", "m.pub"], fresh)).exit).toBe(0);
    expect(codeOf(await runHere(["skill", "verify", "pdf-report-1.2.0.azs", "--json"], fresh))).toBe("KEY_UNTRUSTED");
  });

  it("names the last release, and refuses one that is not before this", async () => {
    const at = place(GOOD);
    await runHere(["skill", "pack", "pdf-report"], at);
    write(join(at.project, "pdf-report/SKILL.md"), skillMd({ version: "1.3.0" }));
    const next = await runHere(["skill", "pack", "pdf-report", "--previous", "pdf-report-1.2.0.azs", "--json"], at);
    expect(next.json()["previous"]).toMatch(/^b2:/);
    const back = await runHere(["skill", "pack", "pdf-report", "--previous", "pdf-report-1.3.0.azs", "--json"], at);
    expect([back.exit, codeOf(back)]).toEqual([2, "USAGE"]);
  });

  it("does not put a package into its own folder, where the next one would swallow it", async () => {
    const at = place(GOOD);
    const folder = { ...at, project: join(at.project, "pdf-report") };
    expect((await runHere(["skill", "pack", "."], folder)).exit).toBe(2);
    expect((await runHere(["skill", "pack", ".", "--out", "references/x.azs"], folder)).exit).toBe(2);
    expect((await runHere(["skill", "pack", ".", "--out", "../x.azs"], folder)).exit).toBe(0);
    expect(existsSync(join(folder.project, "pdf-report-1.2.0.azs"))).toBe(false);
  });

  it("wants the number of a pre-release", async () => {
    const at = place({ "pdf-report/SKILL.md": skillMd({ version: "1.2.0-rc.1" }) });
    const without = await runHere(["skill", "pack", "pdf-report", "--json"], at);
    expect([without.exit, codeOf(without)]).toEqual([2, "ARGS_INVALID"]);
    expect((await runHere(["skill", "pack", "pdf-report", "--seq", "5"], at)).exit).toBe(0);
  });
});

describe("skill validate", () => {
  test.for<readonly [string, Readonly<Record<string, string>>, readonly string[]]>([
    ["a folder without SKILL.md", { "pdf-report/a.md": "a" }, ["FRONTMATTER"]],
    ["a hidden file", { ...GOOD, "pdf-report/.env": "A=1" }, ["PATH_UNSAFE"]],
    ["a hidden folder", { ...GOOD, "pdf-report/.git/config": "x" }, ["PATH_UNSAFE"]],
    ["a name with a blank", { ...GOOD, "pdf-report/a b.md": "x" }, ["PATH_UNSAFE"]],
    ["node_modules", { ...GOOD, "pdf-report/node_modules/x/a.js": "x" }, ["PATH_UNSAFE"]],
    ["names that differ in case", { ...GOOD, "pdf-report/x.md": "x", "pdf-report/X.md": "x" }, ["PATH_COLLISION"]],
    ["a SKILL.md of 64 KiB and more", { "pdf-report/SKILL.md": skillMd() + "x".repeat(70_000) }, ["SIZE_LIMIT"]],
    ["a program", { ...GOOD, "pdf-report/tool": "\x7fELF" }, ["NATIVE_BINARY"]],
    ["a lifecycle script", { ...GOOD, "pdf-report/package.json": '{"scripts":{"install":"x"}}' }, ["INSTALL_SCRIPT"]],
    ["a component", { ...GOOD, "pdf-report/x.wasm": "\0asm" }, ["WASM_EXTRA"]],
    ["an invisible character", { "pdf-report/SKILL.md": `${skillMd()}\u{e0041}` }, ["TEXT_INVISIBLE"]],
    ["several things", {
      "pdf-report/SKILL.md": skillMd({ "az.spec": "2", "az.perm.net": "GET https://*:443/" }),
      "pdf-report/.x": "",
      "pdf-report/tool": "MZ",
    }, ["PATH_UNSAFE", "SPEC_UNKNOWN", "PERM_INVALID", "NATIVE_BINARY"]],
  ])("finds %s", async ([, files, codes]) => {
    const at = place(files);
    const said = await runHere(["skill", "validate", "pdf-report", "--json"], at);
    expect(said.exit).toBe(1);
    expect(said.json()).toMatchObject({ v: 1, ok: false });
    expect(findingsOf(said).map(({ code }) => code)).toEqual(codes);
    for (const finding of findingsOf(said)) {
      expect(Object.keys(finding)).toEqual(["code", "path", "line", "message", "hint"]);
      expect(finding.hint).not.toBe("");
    }
    const packed = await runHere(["skill", "pack", "pdf-report", "--json"], at);
    expect([packed.exit, codeOf(packed)]).toEqual([1, codes[0]]);
    expect(existsSync(join(at.project, "pdf-report-1.2.0.azs"))).toBe(false);
  });

  it("finds links, wherever they lead", async () => {
    const at = place(GOOD);
    symlinkSync("/etc/passwd", join(at.project, "pdf-report/passwd"));
    symlinkSync("references", join(at.project, "pdf-report/docs"));
    const said = await runHere(["skill", "validate", "pdf-report", "--json"], at);
    expect(findingsOf(said).map(({ code, path }) => [code, path])).toEqual([["ENTRY_TYPE", "docs"], [
      "ENTRY_TYPE",
      "passwd",
    ]]);
  });

  it("says it to people, with what to do, and reads a file inside the folder as the folder", async () => {
    const at = place({ "pdf-report/SKILL.md": skillMd({}, { name: "PDF" }) });
    const said = await runHere(["skill", "validate", "pdf-report/SKILL.md"], at);
    expect(said.exit).toBe(1);
    expect(said.stdout).toMatch(/^SKILL\.md:2 NAME: .*\n {2}do: /);
  });

  it("needs something to look at", async () => {
    const said = await runHere(["skill", "validate", "nothing", "--json"], place());
    expect([said.exit, codeOf(said)]).toEqual([4, "NOT_FOUND"]);
  });

  test.for<readonly [string, () => Uint8Array, string]>([
    ["cut", () => packSkill().subarray(0, 1_024), "ARCHIVE"],
    ["without manifest", () => packArchive(textSkill()), "MANIFEST_MISSING"],
    [
      "with a stray manifest",
      () => packArchive([...textSkill(), textFile("azs-manifest.json", "{}\n")]),
      "MANIFEST_SYNTAX",
    ],
    ["out of order", () => reversed(packSkill()), "NOT_CANONICAL"],
    ["not a package at all", () => new TextEncoder().encode("PK\x03\x04 a zip"), "ARCHIVE"],
  ])("finds a package %s", async ([, bytes, code]) => {
    const at = place();
    write(join(at.project, "x.azs"), bytes());
    const said = await runHere(["skill", "validate", "x.azs", "--json"], at);
    expect([said.exit, findingsOf(said)[0]?.code]).toEqual([1, code]);
    const signed = await runHere(["skill", "sign", "x.azs", "--key", "example-org", "--json"], at);
    expect([signed.exit, codeOf(signed)]).toEqual([7, code]);
    expect(existsSync(join(at.project, "x.azs.minisig"))).toBe(false);
  });
});

/** The files of an archive in reverse order. */
function reversed(archive: Uint8Array): Uint8Array {
  const entries = unpackArchive(archive).toReversed().map((file) => packArchive([file]).subarray(0, -1_024));
  return Uint8Array.from(Buffer.concat([...entries, new Uint8Array(1_024)]));
}

function edit(at: Place, end: string, change: (text: string) => string): void {
  const path = join(at.project, `x.azs${end}`);
  write(path, Buffer.from(change(readFileSync(path, "latin1")), "latin1"));
}

describe("skill pack, sign and verify", () => {
  test.for<readonly [string, number, Readonly<Record<string, string>>]>([
    ["SHADOW", 5, { "pdf-report/SKILL.md": skillMd({ "az.id": "example-org/read" }, { name: "read" }) }],
    ["ID_MISMATCH", 7, { "pdf-report/SKILL.md": skillMd({ "az.id": "example-org/other" }) }],
    ["SPEC_UNKNOWN", 1, { "pdf-report/SKILL.md": skillMd({ "az.runtime": "native" }) }],
    ["WASM_WORLD", 1, {
      "pdf-report/a.wasm": "\0asm\r\0\x01\0",
      "pdf-report/SKILL.md": skillMd({
        "az.runtime": "wasm-sandbox",
        "az.wasm": "a.wasm",
        "az.world": "az:host/other@1.0.0",
      }),
    }],
  ])("pack says %s and exits %i", async ([code, exit, files]) => {
    const said = await runHere(["skill", "pack", "pdf-report", "--json"], place(files));
    expect([said.exit, codeOf(said)]).toEqual([exit, code]);
  });

  it("wants a key that exists, and exactly one way to sign", async () => {
    const at = place(GOOD);
    await runHere(["skill", "pack", "pdf-report"], at);
    const unknown = await runHere(["skill", "sign", "pdf-report-1.2.0.azs", "--key", "nobody", "--json"], at);
    expect([unknown.exit, codeOf(unknown)]).toEqual([4, "NOT_FOUND"]);
    for (const options of [[], ["--key", "example-org", "--external"]]) {
      // oxlint-disable-next-line no-await-in-loop -- two in a row
      expect((await runHere(["skill", "sign", "pdf-report-1.2.0.azs", ...options], at)).exit).toBe(2);
    }
  });

  test.for<readonly [string, number, string, (at: Place) => void]>([
    ["SIG_MISSING", 7, "without a signature", (at) => write(join(at.project, "x.azs"), packSkill())],
    ["SIG_MALFORMED", 7, "with half a signature", (at) => edit(at, ".minisig", (text) => text.slice(0, 100))],
    ["SIG_ALG", 7, "with a legacy signature", (at) => edit(at, ".minisig", (text) => text.replace("\nRU", "\nRW"))],
    [
      "SIG_INVALID",
      7,
      "with an edited comment",
      (at) => edit(at, ".minisig", (text) => text.replace("v=1.2.0", "v=1.2.1")),
    ],
    ["SIG_INVALID", 7, "with an edited text", (at) => edit(at, "", (text) => text.replace("Wide.", "Evil."))],
    [
      "KEY_CHANGED",
      7,
      "of an unknown key for a pinned namespace",
      (at) => edit(at, ".minisig", (text) => text.replace(/\nRU.{6}/, "\nRUQAAAAA")),
    ],
  ])("verify says %s and exits %i for a package %s", async ([code, exit, , arrange]) => {
    const at = place();
    write(join(at.project, "pdf-report/SKILL.md"), skillMd());
    write(join(at.project, "pdf-report/references/LAYOUT.md"), "Wide.\n");
    if (code !== "SIG_MISSING") {
      await runHere(["skill", "pack", "pdf-report", "-o", "x.azs", "--sign", "example-org"], at);
    }
    arrange(at);
    const said = await runHere(["skill", "verify", "x.azs", "--json"], at);
    expect([said.exit, codeOf(said)]).toEqual([exit, code]);
  });

  it("verify needs a package", async () => {
    const said = await runHere(["skill", "verify", "x.azs", "--json"], place());
    expect([said.exit, codeOf(said)]).toEqual([4, "NOT_FOUND"]);
  });

  it("init takes no name of a tool, and no folder that is there", async () => {
    const at = place(GOOD);
    expect([
      (await runHere(["skill", "init", "shell"], at)).exit,
      (await runHere(["skill", "init", "pdf-report"], at)).exit,
      (await runHere(["skill", "init", "A"], at)).exit,
    ]).toEqual([5, 2, 2]);
  });
});
