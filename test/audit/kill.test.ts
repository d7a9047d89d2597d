import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { listSessionFiles, readSession, type StoredEvent, verify } from "../../audit/mod.ts";
import { openKeys } from "../../core/mod.ts";
import { codesOf, FixedRandom, must } from "./support.ts";

const CHILD = fileURLToPath(new URL("kill-child.ts", import.meta.url));
const RUNTIME = process.versions["deno"] === undefined ? [process.execPath] : [process.execPath, "run", "-A"];

function run(
  root: string,
  at: number,
  torn: boolean,
): Promise<{ readonly signal: string | null; readonly stdout: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ signal: string | null; stdout: string }>();
  const [program = "", ...before] = RUNTIME;
  const child = spawn(program, [...before, CHILD, root, String(at), torn ? "torn" : ""], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
  child.on("error", reject);
  child.on("close", (code, signal) => code === 1 ? reject(new Error(stderr)) : resolve({ signal, stdout }));
  return promise;
}

async function check(
  root: string,
): Promise<{ readonly codes: readonly string[]; readonly events: readonly StoredEvent[] }> {
  const home = join(root, "home");
  const keys = await openKeys({ home, random: new FixedRandom() });
  const dir = join(root, "audit");
  const options = {
    dir,
    home,
    project: root,
    identity: keys.auditSign.publicKey,
    secretOf: (kid: string) => keys.auditBoxSecret(kid),
  };
  const events: StoredEvent[] = [];
  for (const files of listSessionFiles(dir)) {
    await readSession(files, options.secretOf, (stored) => events.push(stored));
  }
  return { codes: codesOf(await verify(options)), events };
}

/** Kills a session at one operation, looks at what it left, lets the next session start, and looks again. */
async function killAt(at: number, torn: boolean): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "az-kill-"));
  try {
    await openKeys({ home: join(root, "home"), random: new FixedRandom() });
    const { signal } = await run(root, at, torn);
    expect(signal).toBe("SIGKILL");
    const after = await check(root);
    // Between the close lines of both ledgers they do differ; the next start mends that.
    expect([[], ["LEDGERS_DIFFER"]], `killed at ${at}`).toContainEqual(after.codes);
    for (const name of ["read", "shell"]) {
      if (!existsSync(join(root, `effect-${name}`))) continue;
      const intent = after.events.find(({ event }) =>
        event?.event === "intent" && event.execution_id === `exe_${name}`
      );
      expect(intent, `effect without intent, killed at ${at}`).toBeDefined();
    }
    const next = await run(root, -1, false);
    expect(next.signal).toBeNull();
    const mended = await check(root);
    expect(mended.codes, `killed at ${at}, then started again`).toEqual([]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

describe("a session that is killed", () => {
  it("leaves a sound record at every step, and the next one starts", { timeout: 300_000 }, async () => {
    const root = mkdtempSync(join(tmpdir(), "az-kill-"));
    const { stdout } = await run(root, -1, false);
    rmSync(root, { recursive: true, force: true });
    const count = must(Number(stdout));
    expect(count).toBeGreaterThan(30);
    const stride = Number(process.env["AZ_SCALE"] ?? "1") > 1 ? 1 : 4;
    // Two at once: the children spend most of their time starting.
    const steps = Array.from({ length: Math.ceil(count / stride) }, (_, index) => index * stride);
    for (let i = 0; i < steps.length; i += 2) {
      await Promise.all(steps.slice(i, i + 2).map((at, index) => killAt(at, index === 1)));
    }
  });
});
