import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { ENTRY, runAgentzero } from "../support/run-agentzero.ts";
import { tempDir } from "../support/temp-dir.ts";

const isRoot = process.getuid?.() === 0;
const reason = isRoot ? "" : " (skipped: hiding the sandbox program from a child needs root)";

describe("nothing ever runs bare", () => {
  it.skipIf(!isRoot)(`refuses commands where bubblewrap is missing, and names the fix${reason}`, async () => {
    const cwd = tempDir({ "README.md": "x" });
    const home = join(tempDir(), "home");
    expect((await runAgentzero(["init"], { cwd, home, env: { HOME: dirname(home) } })).exit).toBe(0);
    function hidden(args: readonly string[]): ReturnType<typeof withoutBubblewrap> {
      return withoutBubblewrap(args, { cwd, home });
    }
    const ran = hidden(["call", "shell", '{"command":"touch ran; touch /tmp/az-ran-bare"}', "--approve", "--json"]);
    expect(ran.status).toBe(5);
    const result: unknown = JSON.parse(ran.stdout);
    expect(result).toMatchObject({
      ok: false,
      output: null,
      error: { code: "TIER_UNAVAILABLE", hint: expect.stringContaining("bubblewrap") },
      audit: { intent: expect.any(Number) },
    });
    expect(existsSync(join(cwd, "ran"))).toBe(false);
    expect(existsSync("/tmp/az-ran-bare")).toBe(false);

    const doctor = hidden(["doctor", "--json"]);
    expect(doctor.stdout).toContain("bubblewrap");
    expect(doctor.stdout).toContain("install");
    // Reading does not need it.
    expect(hidden(["call", "read", '{"path":"README.md"}']).status).toBe(0);
    // The demo says so and goes on.
    expect(hidden(["demo"]).status).toBe(0);
  });
});

const HIDE =
  'for f in /usr/bin/bwrap /usr/local/bin/bwrap /bin/bwrap; do [ -e "$f" ] && mount --bind /dev/null "$f"; done; exec "$@"';

/** Runs a command line in a mount namespace in which the sandbox program is an empty file. */
function withoutBubblewrap(
  args: readonly string[],
  { cwd, home }: { readonly cwd: string; readonly home: string },
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const runtime = process.versions["deno"] === undefined ? [process.execPath] : [process.execPath, "run", "-A"];
  return spawnSync("unshare", ["--mount", "sh", "-c", HIDE, "sh", ...runtime, ENTRY, ...args], {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: dirname(home), AGENTZERO_HOME: home },
  });
}
