import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { createRunUserCommand } from "../../../cli/system/run-user-command.ts";
import { isThere } from "../../support/is-there.ts";
import { tempDir } from "../../support/temp-dir.ts";

const LIMITS = { timeoutMs: 10_000, maxBytes: 4_096 };
const ENV = { HOME: "/home/me", FAKE_TOKEN: "do-not-pass-on", LD_PRELOAD: "/x.so", PATH: "/elsewhere" };

function program(text: string): string {
  const file = join(tempDir(), "tool");
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o700);
  return file;
}

function textOf(result: Awaited<ReturnType<ReturnType<typeof createRunUserCommand>>>): string {
  return result.ok ? new TextDecoder().decode(result.stdout) : `FAILED ${result.reason}`;
}

const run = createRunUserCommand(ENV);

describe("createRunUserCommand()", () => {
  it("gives what the program prints, and drops its errors", async () => {
    expect(textOf(await run([program('echo "$1"; echo no >&2'), "a b"], LIMITS))).toBe("a b\n");
  });

  it("hands on nothing of the environment but what such tools need", async () => {
    const shown = textOf(await run([program("env; cat")], LIMITS));
    expect(shown).toContain("HOME=/home/me");
    expect(shown).not.toContain("do-not-pass-on");
    expect(shown).not.toContain("LD_PRELOAD");
    expect(shown).not.toContain("/elsewhere");
  });

  test.for(
    [
      ["a name without its folder", ["sh", "-c", "echo x"], "absolute path"],
      ["a folder", ["/tmp"], "not a program"],
      ["a file that is not there", ["/nowhere/tool"], "does not exist"],
      ["nothing", [], "absolute path"],
    ] as const,
  )("refuses %s", async ([, argv, reason]) => expect(textOf(await run(argv, LIMITS))).toContain(reason));

  it("reports a failure without any output", async () => {
    expect(textOf(await run([program("echo secret; exit 3")], LIMITS))).toBe("FAILED it ended with exit code 3");
    const file = program("true");
    chmodSync(file, 0o600);
    expect(textOf(await run([file], LIMITS))).toContain("could not be started");
  });

  it("ends a program that takes too long, with everything it started", async () => {
    const started = join(tempDir(), "started");
    const file = program(`sleep 300 & echo $! > ${started}; sleep 300`);
    // A longer time, until it has come as far as to start something.
    for (let timeoutMs = 300; !existsSync(started); timeoutMs *= 2) {
      expect(textOf(await run([file], { ...LIMITS, timeoutMs }))).toContain(`longer than ${timeoutMs} ms`);
    }
    const pid = Number(readFileSync(started, "utf8"));
    await expect.poll(() => isThere(pid)).toBe(false);
  });

  it("ends a program that prints too much", async () => {
    expect(textOf(await run([program("yes")], LIMITS))).toContain("more than 4096 bytes");
  });
});
