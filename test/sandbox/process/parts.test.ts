import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { array, assert as check, integer, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { lookupProgram } from "../../../sandbox/mod.ts";
import { findCgroup } from "../../../sandbox/process/cgroup.ts";
import { findPrograms, installLine } from "../../../sandbox/process/find-programs.ts";
import { gitData, gitOrder } from "../../../sandbox/process/git-bundle.ts";
import { parseLimits } from "../../../sandbox/process/hard-limits.ts";
import { namespaceFix } from "../../../sandbox/process/namespace-fix.ts";
import { createOutputBuffer } from "../../../sandbox/process/output-buffer.ts";
import { runsLater } from "../../../sandbox/process/runs-later.ts";
import { createSlots } from "../../../sandbox/process/slots.ts";
import { createStatusReader } from "../../../sandbox/process/status-reader.ts";
import { rig, SCALE } from "../rig.ts";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe("lookupProgram()", () => {
  it("finds programs on the fixed PATH only", () => {
    expect(lookupProgram("bash")).toMatch(/^\/(?:usr\/)?(?:local\/)?bin\/bash$/);
    for (const word of ["", "/bin/sh", "./sh", "../bin/sh", "a\0b", ".", "..", "no-such-program", "bash/"]) {
      expect(lookupProgram(word)).toBeNull();
    }
  });

  it("looks into tool chains first, and takes no folder or plain file for a program", () => {
    const r = rig();
    const chain = join(r.root, "chain");
    mkdirSync(join(chain, "bin/folder"), { recursive: true });
    for (const name of ["bash", "plain"]) writeFileSync(join(chain, "bin", name), "");
    chmodSync(join(chain, "bin/bash"), 0o755);
    expect(lookupProgram("bash", [chain])).toBe(join(chain, "bin/bash"));
    expect(lookupProgram("bash", [join(chain, "bin")])).toBe(join(chain, "bin/bash"));
    expect([lookupProgram("folder", [chain]), lookupProgram("plain", [chain])]).toEqual([null, null]);
  });
});

describe("findPrograms()", () => {
  it("names the first program that is missing and how to get it", () => {
    const r = rig();
    expect(findPrograms([r.root])).toMatchObject({
      ok: false,
      missing: "bwrap",
      fix: expect.stringContaining("bubblewrap"),
    });
    expect(findPrograms()).toMatchObject({ ok: true });
  });

  it.each([
    ["ID=debian", "sudo apt-get install -y bubblewrap"],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"', "sudo apt-get install -y bubblewrap"],
    ["ID=fedora", "sudo dnf install -y bubblewrap"],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"', "sudo dnf install -y bubblewrap"],
    ["ID=arch", "sudo pacman -S --needed bubblewrap"],
    ["ID=alpine", "sudo apk add bubblewrap"],
    ["ID=opensuse-tumbleweed", "sudo zypper install -y bubblewrap"],
    ["", "install the package bubblewrap with your system's package manager"],
  ])("%j: %s", (release, line) => expect(installLine("bubblewrap", release)).toBe(line));
});

describe("namespaceFix()", () => {
  it.each([
    ["/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces"],
    ["/proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"],
    ["/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "apparmor_restrict_unprivileged_userns=0"],
    ["", "", "unshare --user"],
  ])("%s=%s: %s", (path, value, expected) => {
    expect(namespaceFix((asked) => (asked === path ? value : null), false)).toContain(expected);
  });

  it("tells a container from a kernel", () => {
    expect(namespaceFix(() => null, true)).toContain("--security-opt");
  });
});

describe("createOutputBuffer()", () => {
  it("keeps everything that fits, and head and tail of what does not", () => {
    check(
      property(
        array(uint8Array({ maxLength: 40 }), { maxLength: 30 }),
        integer({ min: 1, max: 200 }),
        (chunks, limit) => {
          const output = createOutputBuffer(limit);
          for (const chunk of chunks) output.push(chunk);
          const whole = Buffer.concat(chunks);
          const { bytes: shown, truncated } = output.result();
          expect(output.total).toBe(whole.length);
          expect(truncated).toBe(whole.length > limit);
          const head = Math.ceil(limit * 0.75);
          const note = Buffer.from(`\n[… ${whole.length - limit} bytes left out …]\n`);
          const cut = Buffer.concat([whole.subarray(0, head), note, whole.subarray(whole.length - (limit - head))]);
          expect(Buffer.from(shown).equals(truncated ? cut : whole)).toBe(true);
        },
      ),
      { seed: 5, numRuns: 500 * SCALE },
    );
  });
});

describe("createOutputBuffer(), in single bytes", () => {
  it("costs the same however the bytes come", () => {
    const output = createOutputBuffer(400_000);
    // If each byte cost a copy of what is held, this would take minutes and end by the time of the test.
    for (let i = 0; i < 1_000_000; i++) output.push(new Uint8Array([i & 0x7f]));
    expect(output.result().bytes.length).toBeLessThan(400_100);
  });
});

describe("createStatusReader()", () => {
  it("reads documents in pieces and takes nothing else for a status", () => {
    const reader = createStatusReader();
    for (
      const piece of [
        '{ "child-p',
        'id": 12 }\n',
        'mount: failed\n{"exit-code": -1}\n{"exit-code": "0"}\n[1]\nnull\n',
        '{"child-pid": 1}\n',
      ]
    ) reader.push(bytes(piece));
    expect(reader.status).toEqual({ childPid: 12, exitCode: null, text: "mount: failed\n[1]\nnull\n" });
    reader.push(bytes('{"exit-code": 0}\n'));
    expect(reader.status.exitCode).toBe(0);
    reader.push(bytes("x".repeat(100_000)));
    expect(reader.status.text.length).toBeLessThan(10_000);
  });
});

describe("createSlots()", () => {
  it("gives a slot back once, in the order of asking, and forgets who stopped waiting", async () => {
    const slots = createSlots(1);
    const signal = new AbortController().signal;
    const first = await slots.take(signal);
    const abort = new AbortController();
    const order: string[] = [];
    const gone = slots.take(abort.signal).catch((error: unknown) => order.push((error as { code: string }).code));
    const second = slots.take(signal).then((free) => {
      order.push("second");
      return free;
    });
    abort.abort();
    await gone;
    first();
    first();
    const free = await second;
    let third = false;
    const waiting = slots.take(signal).then((release) => {
      third = true;
      return release;
    });
    await Promise.resolve();
    expect([order, third]).toEqual([["CANCELLED", "second"], false]);
    free();
    (await waiting)();
  });
});

describe("parseLimits()", () => {
  it("reads hard limits, and takes what it cannot read for none", () => {
    const text =
      "Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 4096                 files     \nMax data size             unlimited            unlimited            bytes     \n";
    expect(parseLimits(text)).toMatchObject({ openFiles: 4096, dataBytes: Infinity, processes: Infinity });
    expect(parseLimits("")).toMatchObject({ openFiles: Infinity });
  });
});

describe("findCgroup()", () => {
  it("finds nothing where nothing was delegated, and never throws", () => {
    const mount = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
    for (const self of ["", "0::/", "0::/user.slice/x", "1:name=systemd:/x", "0::../x"]) {
      for (const mounts of ["", mount, "broken"]) expect(findCgroup(self, mounts)).toBeNull();
    }
  });

  it("finds the nearest writable folder above that hands both controllers down", () => {
    const r = rig();
    mkdirSync(join(r.root, "cg/user/app/scope"), { recursive: true });
    for (const folder of ["cg", "cg/user", "cg/user/app", "cg/user/app/scope"]) {
      writeFileSync(join(r.root, folder, "cgroup.procs"), "");
    }
    writeFileSync(join(r.root, "cg/user/cgroup.subtree_control"), "cpu memory pids\n");
    writeFileSync(join(r.root, "cg/user/app/cgroup.subtree_control"), "memory\n");
    const mounts = `30 23 0:26 / ${r.root}/cg rw - cgroup2 cgroup2 rw\n`;
    expect(findCgroup("0::/user/app/scope", mounts)).toBe(join(r.root, "cg/user"));
    expect(findCgroup("0::/user", mounts)).toBeNull();
  });
});

describe("gitData()", () => {
  it.each([
    [".git/objects/ab/cdef", { gitDir: ".git", rest: "objects/ab/cdef" }],
    ["sub/.git/refs/heads/main", { gitDir: "sub/.git", rest: "refs/heads/main" }],
    [".git/index", { gitDir: ".git", rest: "index" }],
    [".git/MERGE_MSG", { gitDir: ".git", rest: "MERGE_MSG" }],
    [".git/config", null],
    [".git/hooks/pre-commit", null],
    [".git/commondir", null],
    [".git/modules/a/index", null],
    [".git/objects/info/alternates", null],
    [".git", null],
    ["index", null],
    [".github/index", null],
  ])("%s", (path, expected) => expect(gitData(path)).toEqual(expected));

  it("brings objects before refs before the index", () => {
    const order = ["index", "refs/heads/a", "HEAD", "objects/ab/c", "logs/HEAD", "packed-refs"].toSorted((a, b) =>
      gitOrder(a) - gitOrder(b)
    );
    expect([order[0], order.at(-1)]).toEqual(["objects/ab/c", "index"]);
    expect(order.indexOf("packed-refs")).toBeLessThan(order.indexOf("HEAD"));
  });
});

describe("runsLater()", () => {
  it.each([
    ["package.json", 0o644, true],
    ["sub/MAKEFILE", 0o644, true],
    [".github/workflows/a.yml", 0o644, true],
    ["docs/readme.md", 0o644, false],
    ["docs/readme.md", 0o755, true],
    ["vite.config.ts", 0o644, true],
    ["AGENTS.md", 0o644, true],
    [".git/hooks/pre-commit", 0o644, true],
    [".git/hooks/pre-commit.sample", 0o755, false],
    ["node_modules/a/index.js", 0o644, true],
    ["src/hooks/use.ts", 0o644, false],
    ["compose.prod.yaml", 0o644, true],
  ])("%s %i: %j", (relative, mode, expected) => {
    expect(runsLater({ relative, kind: "create", entry: "file", mode })).toBe(expected);
  });

  it("lets deletions pass, except where they take a guard away", () => {
    expect(runsLater({ relative: "package.json", kind: "delete", entry: "file", mode: null })).toBe(false);
    expect(runsLater({ relative: ".git/hooks/pre-commit", kind: "delete", entry: "file", mode: null })).toBe(true);
  });
});
