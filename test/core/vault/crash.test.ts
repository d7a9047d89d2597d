import { spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseHandle } from "../../../core/handle.ts";
import { openKeys } from "../../../core/crypto/keys.ts";
import { SecretBytes } from "../../../core/secret.ts";
import { openVault } from "../../../core/vault/open-vault.ts";
import { memoryLedger, seededRandom, utf8 } from "../../support/core-rig.ts";
import { tempDir } from "../../support/temp-dir.ts";

const HANDLE = parseHandle("handle://vault/a/token");

describe("kill -9 during a vault write", () => {
  it("leaves the old vault or the new one, readable, and the next write goes on", async () => {
    const home = tempDir();
    const kills = 4 * Number(process.env["AZ_SCALE"] ?? "1");
    for (let i = 0; i < kills; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one victim after the other
      await killedWriter(home, 30 + i * 20);
      // oxlint-disable-next-line no-await-in-loop
      const keys = await openKeys({ home, random: seededRandom() });
      // Killed between making its lock and writing it, the victim leaves one of nobody: it counts until it is 30 s old.
      const clock = { now: () => Date.now() + 31_000, mono: () => performance.now() };
      const options = {
        home,
        keys,
        clock,
        random: { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) },
        ledger: memoryLedger(),
      };
      // oxlint-disable-next-line no-await-in-loop
      const vault = await openVault(options);
      // oxlint-disable-next-line no-await-in-loop
      const before = await vault.list();
      expect(before.every((info) => info.handle === HANDLE)).toBe(true);
      // oxlint-disable-next-line no-await-in-loop
      await vault.set(HANDLE, new SecretBytes(utf8(`faketoken-after-${i}-1234`)), { update: true });
      expect(readdirSync(join(home, "vault"))).toEqual(["vault.json"]);
    }
  });
});

/** A child that changes the vault without end until it is killed. */
function killedWriter(home: string, afterMs: number): Promise<void> {
  const script = join(home, "writer.mjs");
  const core = fileURLToPath(new URL("../../../core/mod.ts", import.meta.url));
  writeFileSync(
    script,
    `import { openKeys, openVault, parseHandle, SecretBytes } from ${JSON.stringify(core)};
     const home = ${JSON.stringify(home)};
     const random = { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) };
     const keys = await openKeys({ home, random });
     const clock = { now: () => Date.now(), mono: () => performance.now() };
     const ledger = { read: () => null, append() {} };
     const vault = await openVault({ home, keys, clock, random, ledger });
     console.log("ready");
     for (let i = 0;; i++) {
       await vault.set(parseHandle("handle://vault/a/token"), new SecretBytes(Buffer.from("faketoken-" + i + "-12345678")), { update: true });
     }`,
  );
  const deno = process.versions["deno"] !== undefined;
  const config = fileURLToPath(new URL("../../../deno.json", import.meta.url));
  const args = deno ? ["run", "-A", "--config", config, script] : [script];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let started = false;
  child.stdout.once("data", () => {
    started = true;
    setTimeout(() => child.kill("SIGKILL"), afterMs);
  });
  child.once("close", () => (started ? resolve() : reject(new Error("the writer did not start"))));
  return promise;
}
