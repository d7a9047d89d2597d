import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { initialise, runAgentzero } from "../support/run-agentzero.ts";
import { sharedDir } from "../support/temp-dir.ts";

const READ = ["call", "read", '{"path":"README.md"}', "--json"];
const SHELL = ["call", "shell", '{"command":"touch made.log"}', "--json"];

const at = { base: "", cwd: "", home: "" };

beforeAll(async () => {
  const base = sharedDir({ "shop/README.md": "# Shop\n", "me/x": "" });
  Object.assign(at, { base, cwd: join(base, "shop"), home: join(base, "home") });
  await initialise(at);
});

/** Runs a command while a FIFO stands at a place in the project; whoever waits for its writer never ends. */
async function withFifo(place: string, words: readonly string[]): Promise<number | null> {
  const path = join(at.cwd, place);
  rmSync(path, { force: true });
  expect(spawnSync("mkfifo", [path]).status).toBe(0);
  try {
    const ran = await runAgentzero(words, { ...at, env: { HOME: join(at.base, "me") } });
    return ran.exit;
  } finally {
    rmSync(path, { force: true });
  }
}

// Threat: a project from elsewhere that holds up every session with a file that nobody ever writes to.
describe.skipIf(process.platform === "win32")("a FIFO in the place of", () => {
  it.for(
    [
      ["a segment of the record", ".agentzero/audit/ses_01K9QJ0000000000000000000A.jsonl", READ, 0],
      ["the reserve", ".agentzero/audit/.reserve", READ, 0],
      ["the compiled policy", ".agentzero/state/active.json", READ, 0],
      ["an ignore file", ".gitignore", SHELL, 0],
      ["the configuration", ".agentzero/config.yml", READ, 7],
      ["the ledger", ".agentzero/audit/HEADS", READ, 7],
      // Last, since it takes the file away: the older policy stands in, and reading goes on.
      ["the policy", ".agentzero/policy.yml", READ, 0],
    ] as const,
  )("%s holds nobody up", async ([, place, words, exit]) => {
    expect(await withFifo(place, words)).toBe(exit);
  });
});
