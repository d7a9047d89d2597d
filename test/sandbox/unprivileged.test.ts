import { spawn, spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { RUNTIME } from "../support/host-facts.ts";
import { onStop } from "./rig.ts";

const NOBODY = 65534;
const DROP = ["--reuid", String(NOBODY), "--regid", String(NOBODY), "--clear-groups"] as const;
const SUITES = [
  "files/host",
  "files/find-masked",
  "process/walls",
  "process/ending",
  "process/staged",
  "process/git",
  "process/bubblewrap",
  "process/protections",
  "process/supervisors",
  "egress",
  "process/remove-tree",
  "process/script-programs",
];

// Why the same tests cannot run as somebody else here, or `null`.
function obstacle(): string | null {
  if (process.platform !== "linux") return "only Linux has this sandbox";
  if (process.getuid?.() !== 0) return "these tests already run without privileges";
  const probe = spawnSync("setpriv", [...DROP, process.execPath, "--version"], { cwd: process.cwd() });
  if (probe.status !== 0) return `user ${NOBODY} cannot start ${process.execPath}`;
  const read = spawnSync("setpriv", [...DROP, "cat", "package.json"], { cwd: process.cwd() });
  return read.status === 0 ? null : `user ${NOBODY} cannot read this folder`;
}

const why = obstacle();
if (why !== null) process.stderr.write(`skipped: sandbox tests without privileges: ${why}\n`);

describe.runIf(why === null)("the sandbox of a user without privileges", () => {
  it("passes the same tests", { timeout: 1_200_000 }, async () => {
    const home = mkdtempSync(join(tmpdir(), "az-nobody-"));
    chownSync(home, NOBODY, NOBODY);
    onStop(() => rmSync(home, { recursive: true, force: true }));
    const vitest = ["run", "--configLoader", "runner", ...SUITES.map((name) => `test/sandbox/${name}`)];
    const argv = RUNTIME === "deno"
      ? ["run", "-A", "npm:vitest", ...vitest]
      : ["node_modules/vitest/vitest.mjs", ...vitest];
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      DENO_DIR: join(home, "deno"),
      NO_COLOR: "1",
      AZ_SCALE: process.env["AZ_SCALE"] ?? "1",
    };
    const child = spawn("setpriv", [...DROP, process.execPath, ...argv], { env, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    child.stdout.on("data", (chunk: Uint8Array) => void (text += new TextDecoder().decode(chunk)));
    child.stderr.on("data", (chunk: Uint8Array) => void (text += new TextDecoder().decode(chunk)));
    const status = await new Promise((resolve) => child.once("close", resolve));
    expect(status === 0 ? "" : text).toBe("");
    expect(text).toMatch(/Test Files {2}\d+ passed \(\d+\)/);
  });
});
