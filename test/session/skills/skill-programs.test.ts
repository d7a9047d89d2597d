import { chmodSync, copyFileSync, existsSync, readFileSync, realpathSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadSodium } from "../../../core/mod.ts";
import type { CallResult } from "../../../session/mod.ts";
import { grantedSkill, openSkillRig, type SkillRig, type SkillRigOptions } from "../../support/skill-rig.ts";

const ENTRY = "scripts/run";
// What the undeclared program would print: `hostname` prints the name of the sandbox, and nothing else here does.
const UNDECLARED = "/usr/bin/hostname";
const NAME = "agentzero";

beforeAll(loadSodium);

interface Script {
  /** Named besides the interpreter. */
  readonly tools?: readonly string[];
  readonly first?: string;
  readonly write?: boolean;
  readonly files?: Readonly<Record<string, string>>;
  readonly exec?: readonly string[];
}

async function rigOf(text: string, script: Script = {}, options: SkillRigOptions = {}): Promise<SkillRig> {
  const { tools = [], first = "#!/bin/sh", write = false, files = {}, exec } = script;
  const skill = grantedSkill({
    runtime: "host-supervised",
    entry: ENTRY,
    // One stream, so that the order of lines is theirs.
    files: {
      [ENTRY]: `${first}${first === "" ? "" : "\n"}${/python/u.test(first) ? "" : "exec 2>&1\n"}${text}\n`,
      ...files,
    },
    permissions: {
      exec: exec ?? [`skill:${ENTRY}`, ...tools.map((name) => `tool:${name}`)],
      "fs.read": ["workspace:data/**"],
      ...(write ? { "fs.write": ["workspace:out/**"] } : {}),
    },
  });
  return await openSkillRig({ person: "yes", files: { "data/a.csv": "1" }, ...options, skills: [skill] });
}

async function run(text: string, script: Script = {}): Promise<CallResult> {
  return await (await rigOf(text, script)).run("probe", {});
}

describe("programs that a script of a skill may start", () => {
  it("are its interpreter and those that were approved, through links to the real file", async () => {
    const result = await run(
      "echo 'a b' | awk '{ print $2 }' && command -v awk && echo one | cat | sed s/one/two/; echo builtin",
      { tools: ["awk", "cat", "sed"] },
    );
    expect(result).toMatchObject({ ok: true, output: "b\n/usr/bin/awk\ntwo\nbuiltin\n" });
  });

  it("print what the attacks below would print", async () => {
    expect((await run("hostname", { tools: ["hostname"] })).output).toBe(`${NAME}\n`);
  });

  it("does not find another one, by its name or by its path", async () => {
    const result = await run(`hostname; ${UNDECLARED}; command -v hostname; command -p hostname; echo end`);
    expect(result).toMatchObject({ ok: true });
    expect(result.output).toMatch(/^(?:.*(?:denied|not found)\n)+end\n$/u);
  });

  it("says so with a code when that is how the script ends", async () => {
    const rig = await rigOf("echo before; hostname");
    const result = await rig.run("probe", {});
    expect(result).toMatchObject({ ok: false, error: { code: "EXEC_DENIED" } });
    expect(result.error?.hint).toContain("it may start /bin/sh");
    expect(rig.questions[0]?.preview).toMatchObject({
      text: expect.stringContaining(`run ${ENTRY} of acme/probe@1.0.0 with /bin/sh`),
    });
  });

  it.for(
    [
      ["the folder of this process", "/proc/self/root/usr/bin/hostname; /proc/self/root$PWD/data/h"],
      ["the folder of the first process", "/proc/1/root/usr/bin/hostname; /proc/1/root$PWD/data/h; /proc/1/cwd/data/h"],
      ["steps up", "/usr/share/../bin/../../usr/bin/./hostname; data/../out/../data/h"],
      ["the loader", "/lib64/ld-linux-x86-64.so.2 /usr/bin/hostname; /lib64/ld-linux-x86-64.so.2 data/h"],
      ["the loader of this machine", "for l in /lib/ld-* /lib/*/ld-linux*.so*; do $l data/h; done"],
      ["the loader and a copy", "cat data/h >/tmp/h; for l in /lib64/ld-* /lib/*/ld-linux*.so*; do $l /tmp/h; done"],
      ["a copy in the scratch folder", "cp data/h /tmp/h; chmod 755 /tmp/h; /tmp/h"],
      ["a copy in the shared memory", "cp data/h /dev/shm/h; chmod 755 /dev/shm/h; /dev/shm/h"],
      ["a copy at home", "cp data/h ~/h; chmod 755 ~/h; ~/h"],
      ["a copy in the project", "cp data/h out/h; chmod 755 out/h; out/h"],
      [
        "a copy of an approved program",
        "cp /usr/bin/cat out/c; chmod 755 out/c; out/c /etc/passwd",
      ],
      ["a link in the project", "ln -s /usr/bin/hostname out/h; out/h; ln -s ../data/h out/i; out/i"],
      ["a link of the name of an approved one", "ln -s $PWD/data/h /tmp/cat; PATH=/tmp:$PATH; cat"],
      ["a hard link", "ln data/h out/h; ln /usr/bin/hostname /tmp/h; /tmp/h; out/h"],
      ["a mount or a change of root", "mount --bind data/h /usr/bin/cat; chroot . /data/h; cat /dev/null"],
      ["PATH", "PATH=data:/usr/bin:/bin:/sbin:/usr/sbin:/proc/self/root/bin; hostname; h"],
      [
        "another program's arguments",
        "env hostname; env -i data/h; find data/h -exec {} ';'; xargs data/h </dev/null; xargs hostname </dev/null",
      ],
      ["another shell's words", "sh -c hostname; sh -c data/h; sh data/h; (exec hostname); (exec data/h); . data/h"],
      [
        "the awk of the system",
        'awk \'BEGIN { system("hostname"); system("data/h") }\'; awk \'BEGIN { "data/h" | getline x; print x }\'',
      ],
      [
        "the supervisor",
        "/proc/1/exe --version; for p in /proc/[0-9]*/exe; do $p --ro-bind / / data/h; done",
      ],
      ["an open file", "exec 9<data/h; /proc/self/fd/9; /dev/fd/9"],
      ["libraries to load first", "LD_PRELOAD=$PWD/data/h cat /dev/null; LD_LIBRARY_PATH=$PWD/data cat /dev/null"],
    ] as const,
  )("is not started by way of %s", async ([, text]) => {
    const tools = ["cat", "cp", "chmod", "ln", "env", "find", "xargs", "awk"];
    const rig = await rigOf(`(${text})\necho end`, { tools, write: true });
    // A program that is there, readable and executable: its bytes are what the script wants to start.
    copyFileSync(UNDECLARED, join(rig.project, "data/h"));
    chmodSync(join(rig.project, "data/h"), 0o755);
    const { output } = await rig.run("probe", {});
    expect(output).toContain("end\n");
    expect(output?.split("\n")).not.toContain(NAME);
    expect(output).not.toMatch(/bubblewrap|root:x/u);
  });

  it("lie in folders of which the rest cannot be started, and nothing that can be written can", async () => {
    const result = await run("cat /proc/self/mountinfo", { tools: ["cat"], write: true });
    const mounts = (result.output ?? "").trim().split("\n").map((line) => {
      const [, , , , place = "", options = ""] = line.split(" ");
      return { place, options: options.split(",") };
    });
    const startable = mounts.filter(({ options }) => !options.includes("noexec"));
    expect(startable.filter(({ options, place }) => options.includes("rw") && !place.startsWith("/dev"))).toEqual([]);
    const open = startable.map(({ place }) => place).filter((place) => /^\/(?:usr|bin|sbin)\b/u.test(place));
    const programs = open.filter((place) =>
      !/^\/(?:usr\/)?(?:local\/)?lib/u.test(place) && (statSync(place).mode & 0o111) !== 0
    );
    // Covers are empty folders, or hold the programs that are listed here.
    expect(programs.filter((place) => statSync(place).isFile())).toEqual(
      ["cat", "sh"].map((name) => realpathSync(`/usr/bin/${name}`)).toSorted(),
    );
    expect(mounts.find(({ place }) => place === "/usr")?.options).toEqual(expect.arrayContaining(["ro", "noexec"]));
    expect(mounts.find(({ place }) => place === "/tmp")?.options).toContain("noexec");
  });

  it("cannot be written by the script into its memory", async () => {
    const python = `import os, sys
try:
    fd = os.memfd_create("x")
    os.write(fd, open("data/h", "rb").read())
    os.execve("/proc/self/fd/%d" % fd, ["hostname"], {})
except OSError as error:
    print("refused", error.errno)
for path in "${UNDECLARED}", "data/h":
    try:
        os.execv(path, ["hostname"])
    except OSError as error:
        print("denied", error.errno)
import ctypes, json, ssl, sqlite3
print("modules", sys.argv[0])`;
    if (!existsSync("/usr/bin/python3")) return;
    const rig = await rigOf(python, { first: "#!/usr/bin/env python3" });
    copyFileSync(UNDECLARED, join(rig.project, "data/h"));
    chmodSync(join(rig.project, "data/h"), 0o755);
    const result = await rig.run("probe", {});
    expect(result).toMatchObject({
      ok: true,
      output: `refused 38\ndenied 2\ndenied 13\nmodules /skill/${ENTRY}\n`,
    });
  });

  it("are not those that another program comes in parts with", async () => {
    const parts = [
      "/usr/lib/git-core/git",
      "/usr/lib/openssh/ssh-keysign",
      "/usr/lib/apt/methods/http",
      "/usr/libexec",
    ];
    const here = parts.filter((path) => existsSync(path) && statSync(path).isFile());
    const result = await run(`${here.map((path) => `${path} --version`).join("; ")}; echo end`);
    expect(result.output).toMatch(/^(?:.*denied\n)*end\n$/u);
  });
});

describe("a program that is listed", () => {
  it("works with the parts that it starts itself", async () => {
    const result = await run(
      "cd /tmp && git init -q repo && cd repo && git config user.email a@b.example && git config user.name a && git commit -q --allow-empty -m one && git log --format=%s && git bisect log 2>&1 | cat",
      { tools: ["git", "cat"] },
    );
    expect(result.output).toMatch(/^one\n/u);
  });

  it("brings what runs it when it is a script, and nothing else", async () => {
    if (!readFileSync("/usr/bin/ldd", "latin1").startsWith("#!")) return;
    const result = await run("ldd --version | cat; hostname; true", { tools: ["ldd", "cat"] });
    expect(result.output).toContain("ldd");
    expect(result.output?.split("\n")).not.toContain(NAME);
  });

  it("and is not installed is a refusal that says what to install", async () => {
    const result = await run("echo ran", { tools: ["no-such-program"] });
    expect(result).toMatchObject({ ok: false, output: null, error: { code: "EXEC_DENIED" } });
    expect(result.error?.message).toContain('"no-such-program", is not installed');
    expect(result.error?.hint).toContain("no-such-program");
  });
});

describe("the interpreter of a script", () => {
  it.for(
    [
      ["by its path", "#!/bin/sh", "echo $0", `/skill/${ENTRY}\n`],
      ["with a word", "#!/bin/sh -e", "false; echo on", ""],
      ["by env", "#!/usr/bin/env sh", "echo $0", `/skill/${ENTRY}\n`],
      ["by env with words", "#!/usr/bin/env -S sh -e", "false; echo on", ""],
      ["by nothing", "", "echo $0", `/skill/${ENTRY}\n`],
    ] as const,
  )("is named %s", async ([, first, text, output]) => {
    expect((await run(text, { first })).output).toBe(output);
  });

  it.for(
    [
      ["is not there", "#!/usr/bin/no-such-shell", "no-such-shell"],
      ["is the skill's own file", "#!/skill/scripts/other", "/skill/scripts/other"],
      ["has no absolute path", "#!sh", "absolute path"],
      ["is hidden behind options of env", "#!/usr/bin/env -i sh", "more to env"],
      ["is hidden behind variables", "#!/usr/bin/env -S PATH=/tmp sh", "more to env"],
      ["ends in a carriage return", "#!/bin/sh\r", "characters"],
    ] as const,
  )("is a reason to refuse when it %s", async ([, first, seen]) => {
    const result = await run("echo ran", { first, files: { "scripts/other": "#!/bin/sh\necho ran" } });
    expect(result).toMatchObject({ ok: false, output: null, error: { code: "EXEC_DENIED" } });
    expect(result.error?.message).toContain(seen);
  });

  it("does not start a script that a person struck off", async () => {
    expect(await run("echo ran", { exec: ["tool:cat"] })).toMatchObject({ ok: false, error: { code: "EXEC_DENIED" } });
  });
});

describe("what the project holds", () => {
  it("is no program to a script, a link or a copy in a shared folder neither", async () => {
    const rig = await rigOf("data/h; data/link; data/s.sh; echo end");
    copyFileSync(UNDECLARED, join(rig.project, "data/h"));
    chmodSync(join(rig.project, "data/h"), 0o755);
    symlinkSync(UNDECLARED, join(rig.project, "data/link"));
    const result = await rig.run("probe", {});
    expect(result.output).toMatch(/end\n$/u);
    expect(result.output?.split("\n")).not.toContain(NAME);
  });
});
