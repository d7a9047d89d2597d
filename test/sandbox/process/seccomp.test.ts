import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import process from "node:process";
import { assert as check, constantFrom, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { createBubblewrap } from "../../../sandbox/mod.ts";
import { compileFilter, filterProgram, type Instruction } from "../../../sandbox/process/seccomp.ts";
import { CALL_TABLE, type FilterArch } from "../../../sandbox/process/seccomp-table.ts";
import { RUNTIME } from "../../support/host-facts.ts";
import { rig, SCALE, valueOf } from "../rig.ts";
import { scriptSpec } from "./run.ts";

const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
const ALLOW = "allow";

interface Call {
  readonly arch: number;
  readonly number: number;
  readonly args: readonly number[];
}

// A small machine for classic BPF; what it cannot run it refuses to.
function judge(program: readonly Instruction[], call: Call): string {
  const words = [call.number, call.arch, 0, 0, ...call.args.flatMap((arg) => [arg >>> 0, 0xffffffff])];
  let [accumulator, at] = [0, 0];
  for (let steps = 0; steps < 10_000; steps++) {
    const line = program[at];
    if (line === undefined) throw new RangeError(`ran past the end: ${at}`);
    at++;
    switch (line.code) {
      case 0x20:
        accumulator = (words[line.k / 4] ?? 0) >>> 0;
        break;
      case 0x15:
        at += accumulator === line.k ? line.jt : line.jf;
        break;
      case 0x35:
        at += accumulator >= line.k ? line.jt : line.jf;
        break;
      case 0x45:
        at += (accumulator & line.k) !== 0 ? line.jt : line.jf;
        break;
      case 0x06:
        return line.k === 0x7fff0000 ? ALLOW : line.k === 0x80000000 ? "kill" : `errno ${line.k & 0xffff}`;
      default:
        throw new RangeError(`unknown instruction ${line.code}`);
    }
  }
  throw new RangeError("it does not end");
}

function verdict(arch: FilterArch, name: string, args: readonly number[] = []): string {
  const line = CALL_TABLE.find((entry) => entry.name === name);
  const number = line?.numbers[arch] ?? null;
  return number === null
    ? "absent"
    : judge(filterProgram(arch), { arch: AUDIT[arch], number, args: [...args, 0, 0, 0, 0, 0, 0].slice(0, 6) });
}

describe.each(["x64", "arm64"] as const)("filterProgram() on %s", (arch) => {
  it("kills calls of another architecture", () => {
    const other = arch === "x64" ? AUDIT.arm64 : AUDIT.x64;
    for (const foreign of [other, 0x40000003, 0x40000028, 0]) {
      expect(judge(filterProgram(arch), { arch: foreign, number: 0, args: [] })).toBe("kill");
    }
    expect(judge(filterProgram(arch), { arch: AUDIT[arch], number: 0x40000000, args: [] })).toBe(
      arch === "x64" ? "kill" : ALLOW,
    );
  });

  it.each(
    [
      ["mount", [], "errno 1"],
      ["ptrace", [], "errno 1"],
      ["bpf", [], "errno 1"],
      ["keyctl", [], "errno 1"],
      ["io_uring_setup", [], "errno 1"],
      ["open_by_handle_at", [], "errno 1"],
      ["clone3", [], "errno 38"],
      ["openat2", [], "errno 38"],
      ["clone", [0x01200011], ALLOW],
      ["clone", [0x10000011], "errno 1"],
      ["clone", [0x40000011], "errno 1"],
      ["clone", [0x00020000], "errno 1"],
      ["clone", [0x80 | 0x11], ALLOW],
      ["unshare", [0x400], ALLOW],
      ["unshare", [0x10000000], "errno 1"],
      ["unshare", [0x80], "errno 1"],
      ["ioctl", [0, 0x5401], ALLOW],
      ["ioctl", [0, 0x5412], "errno 1"],
      ["ioctl", [0, 0x541c], "errno 1"],
      ["fchmod", [3, 0o755], ALLOW],
      ["fchmod", [3, 0o4755], "errno 1"],
      ["fchmodat", [3, 0, 0o2755], "errno 1"],
      ["fchmodat2", [3, 0, 0o4000], "errno 1"],
      ["mknodat", [3, 0, 0o104755], "errno 1"],
      ["openat", [0, 0, 0, 0o7777], ALLOW],
      ["openat", [0, 0, 0o101, 0o644], ALLOW],
      ["openat", [0, 0, 0o101, 0o4755], "errno 1"],
      ["openat", [0, 0, 0o20200002, 0o2755], "errno 1"],
      ["socket", [1], ALLOW],
      ["socket", [2], ALLOW],
      ["socket", [10], ALLOW],
      ["socket", [16], "errno 97"],
      ["socket", [38], "errno 97"],
      ["socket", [40], "errno 97"],
    ] as const,
  )("judges %s %j: %s", (name, args, expected) => {
    expect(verdict(arch, name, args)).toBe(expected);
  });

  it("ends for every call with the verdict of its line, or allows it", () => {
    const program = filterProgram(arch);
    const listed = new Set(CALL_TABLE.map((line) => line.numbers[arch]));
    check(
      property(integer({ min: 0, max: 600 }), constantFrom(0, 1, 0o4755, 0x5412, 0x10000000, -1), (number, arg) => {
        const result = judge(program, { arch: AUDIT[arch], number, args: Array.from({ length: 6 }, () => arg) });
        expect(listed.has(number) || result === ALLOW).toBe(true);
      }),
      { seed: 11, numRuns: 2000 * SCALE },
    );
  });

  it("has the form that the kernel wants", () => {
    const program = filterProgram(arch);
    expect(program.length).toBeLessThan(4096);
    expect(compileFilter(arch).length).toBe(program.length * 8);
    for (const [at, line] of program.entries()) {
      for (const skip of [line.jt, line.jf]) {
        expect(skip).toBeLessThan(256);
        expect(at + 1 + skip).toBeLessThan(program.length + (line.code === 0x06 ? 1 : 0));
      }
    }
    const numbers = CALL_TABLE.map((line) => line.numbers[arch]).filter((number) => number !== null);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});

describe.runIf(process.arch === "x64")("the filter inside, on x64", () => {
  // Each attack with the error it must meet; `perl` calls by number, past every library.
  it("refuses what no ordinary program needs, and lets its twin pass", async () => {
    const r = rig();
    const attacks = CALL_TABLE.filter((line) => line.rule.kind === "refuse" && line.rule.errno === 1);
    const calls = attacks.map((line) =>
      `$! = 0; syscall(${line.numbers.x64}, 0, 0, 0, 0, 0, 0); print "${line.name} $!{EPERM} $!{ENOSYS} ", $!+0, "\\n";`
    ).join("\n");
    const text = `perl -e '
      use Errno;
      ${calls}
      for (["unshare user", 272, 0x10000000], ["unshare net", 272, 0x40000000], ["vsock", 41, 40, 1, 0], ["alg", 41, 38, 5, 0], ["netlink", 41, 16, 3, 0], ["packet", 41, 17, 3, 0], ["tiocsti", 16, 0, 0x5412, 0], ["clone3", 435, 0, 0], ["openat2", 437, 0, 0, 0, 0]) {
        my ($name, $number, @args) = @$_; $! = 0; my $got = syscall($number, @args); print "$name ", $got, " ", $!+0, "\\n";
      }
      my $p = "file"; open(my $f, ">", $p); close $f;
      for ([90, $p, 04755], [90, $p, 02755], [90, $p, 0755]) { my ($number, @args) = @$_; $! = 0; my $got = syscall($number, @args); print "chmod $got ", $!+0, "\\n"; }
      print "socket ", syscall(41, 1, 1, 0) >= 0, syscall(41, 2, 1, 0) >= 0, syscall(41, 10, 1, 0) >= 0, "\\n";
    '; stat -c %a file`;
    const value = valueOf(await r.run(createBubblewrap(r.deps), scriptSpec(r, text)));
    const lines = new TextDecoder().decode(value.output).trim().split("\n");
    expect(lines.slice(0, attacks.length)).toEqual(attacks.map((line) => `${line.name} 1 0 1`));
    expect(lines.slice(attacks.length)).toEqual([
      "unshare user -1 1",
      "unshare net -1 1",
      "vsock -1 97",
      "alg -1 97",
      "netlink -1 97",
      "packet -1 97",
      "tiocsti -1 1",
      "clone3 -1 38",
      "openat2 -1 38",
      "chmod -1 1",
      "chmod -1 1",
      "chmod 0 0",
      "socket 111",
      "755",
    ]);
  });

  it("kills programs that speak another calling convention", async () => {
    const r = rig();
    // x32: the same entry with a bit in the number. A 32-bit program would need a 32-bit system to be built.
    const value = valueOf(
      await r.run(createBubblewrap(r.deps), scriptSpec(r, "perl -e 'syscall(0x40000000 + 39); print \"alive\"'")),
    );
    expect(new TextDecoder().decode(value.output)).not.toContain("alive");
    expect(value.exit).toBe(159);
    expect(value.notes.join()).toContain("another architecture");
  });

  it("can be turned off, and is shown by the probe", async () => {
    const r = rig();
    const off = createBubblewrap(r.deps, { seccomp: "off" });
    const text = "grep Seccomp: /proc/self/status";
    expect(new TextDecoder().decode(valueOf(await r.run(off, scriptSpec(r, text))).output)).toContain("0");
    expect(new TextDecoder().decode(valueOf(await r.run(createBubblewrap(r.deps), scriptSpec(r, text))).output))
      .toContain("2");
    expect(await off.probe()).toMatchObject({ ok: true, facts: { seccomp: "off" } });
    expect(await createBubblewrap(r.deps).probe()).toMatchObject({
      ok: true,
      facts: { seccomp: "on", staging: "overlay" },
    });
  });

  it("leaves threads, children, workers and loopback working in this very runtime", async () => {
    const r = rig();
    r.put(
      "work.mjs",
      `import { createServer, connect } from "node:net";
       import { spawnSync } from "node:child_process";
       import { Worker } from "node:worker_threads";
       import fs from "node:fs/promises";
       await fs.writeFile("out.txt", "x");
       const child = spawnSync("/bin/echo", ["child"]);
       const worker = await new Promise((resolve) => new Worker("require('node:worker_threads').parentPort.postMessage('worker')", { eval: true }).once("message", resolve));
       const server = createServer((socket) => socket.end("loopback"));
       const text = await new Promise((resolve) => server.listen(0, "127.0.0.1", () => { let got = ""; connect(server.address().port, "127.0.0.1").on("data", (d) => (got += d)).on("close", () => resolve(got)); }));
       server.close();
       console.log(String(child.stdout).trim(), worker, text, (await fs.readdir(".")).includes("out.txt"));
       process.exit(0);`,
    );
    const command = RUNTIME === "deno"
      ? `${process.execPath} run -A --no-lock work.mjs`
      : `${process.execPath} work.mjs`;
    const { stdout } = spawnSync("readlink", ["-f", process.execPath]);
    const value = valueOf(
      await r.run(
        createBubblewrap(r.deps),
        scriptSpec(r, `DENO_DIR=/tmp/deno ${command}`, { readOnlyPaths: [dirname(String(stdout).trim())] }),
      ),
    );
    expect(new TextDecoder().decode(value.output)).toContain("child worker loopback true");
  });
});
