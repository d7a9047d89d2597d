import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { type Desk, makeSharedDesk } from "./desk.ts";
import { release, SCRIPT_KEYS, writePackageAs } from "./publisher.ts";

const SCALE = Number(process.env["AZ_SCALE"] ?? "1") || 1;
/** Runs of each test; with AZ_SCALE=20 every single step. */
const KILLS = Math.ceil(4 * SCALE);
const CHILD = fileURLToPath(new URL("kill-child.ts", import.meta.url));
// The hook that counts operations works in Node alone; what is proved is the same installation.
const NODE = process.versions["deno"] === undefined
  ? process.execPath
  : fileURLToPath(new URL("../../../node_modules/.bin/node", import.meta.url));

let desk: Desk;
beforeAll(async () => {
  desk = await makeSharedDesk();
});

function child(at: number, words: readonly string[]): { readonly signal: string | null; readonly said: string } {
  const { signal, stdout, stderr } = spawnSync(NODE, [CHILD, desk.project, desk.home, String(at), ...words], {
    encoding: "utf8",
  });
  return { signal, said: `${stdout}${stderr}` };
}

/** The steps to die at, spread over the whole installation. */
function steps(total: number): readonly number[] {
  const every = Math.max(1, Math.floor(total / KILLS));
  return Array.from({ length: total }, (_, at) => at).filter((at) => at % every === every >> 1).concat(total - 1);
}

async function stateOf(name: string): Promise<string> {
  const said = await desk.run("skill", "info", name, "--json");
  const { skills, error } = said.json() as { skills?: { version: string; state: string }[]; error?: { code: string } };
  return error?.code ?? `${skills?.[0]?.version ?? ""} ${skills?.[0]?.state ?? ""}`;
}

async function prepare(first: string | null): Promise<void> {
  desk.reset();
  await desk.trust();
  const exit = first === null ? 0 : (await desk.install(first)).exit;
  if (exit !== 0) throw new Error(`cannot install the first release: ${exit}`);
}

describe("an installation that is killed at any step", () => {
  it("leaves no entry or a whole one, and the next try succeeds", async () => {
    const archive = release("1.0.0", { keys: SCRIPT_KEYS, files: { "run.sh": "#!/bin/sh\n" } });
    const file = writePackageAs(join(desk.root, "first.azs"), archive, desk.signer.sign(archive));
    await prepare(null);
    const asked = await desk.run("skill", "install", file, "--json");
    const words = ["skill", "install", file, ...(/--grant b2:\w+/.exec(asked.stdout)?.[0].split(" ") ?? [])];
    const last = await dieEverywhere(words, {
      before: null,
      outcomes: ["LOCK_MISSING", "1.0.0 ready"],
      after: "1.0.0 ready",
    });
    expect(last).toBe("1.0.0 ready");
  }, 120_000 * KILLS);

  it("leaves the old release or the new one", async () => {
    const old = release("1.0.0");
    const next = release("1.1.0");
    const first = writePackageAs(join(desk.root, "old.azs"), old, desk.signer.sign(old));
    const file = writePackageAs(join(desk.root, "next.azs"), next, desk.signer.sign(next));
    const outcomes = ["1.0.0 ready", "1.1.0 ready"];
    const last = await dieEverywhere(["skill", "install", file], { before: first, outcomes, after: "1.1.0 ready" });
    expect(last).toBe("1.1.0 ready");
  }, 120_000 * KILLS);
});

async function dieEverywhere(
  words: readonly string[],
  of: { readonly before: string | null; readonly outcomes: readonly string[]; readonly after: string },
): Promise<string> {
  await prepare(of.before);
  const [exit, total] = child(-1, words).said.trim().split(" ").map(Number);
  expect(exit).toBe(0);
  expect(total).toBeGreaterThan(30);
  const seen = new Set<string>();
  for (const at of steps(total ?? 0)) {
    // oxlint-disable-next-line no-await-in-loop -- one death after the other
    await prepare(of.before);
    const died = child(at, words);
    expect(`step ${at}: ${died.signal ?? died.said}`).toBe(`step ${at}: SIGKILL`);
    // oxlint-disable-next-line no-await-in-loop -- as above
    const state = await stateOf("pdf-report");
    expect(of.outcomes, `after step ${at} of ${total}`).toContain(state);
    seen.add(state);
    // oxlint-disable-next-line no-await-in-loop -- as above
    const verified = await desk.run("audit", "verify", "--all", "--json");
    const { sessions } = verified.json() as { sessions: readonly { problems: readonly unknown[] }[] };
    const problems = sessions.flatMap((session) => session.problems);
    expect([`after step ${at} of ${total}`, ...problems, verified.exit]).toEqual([`after step ${at} of ${total}`, 0]);
    // oxlint-disable-next-line no-await-in-loop -- as above
    expect((await desk.run(...words, "--json")).exit, `again after step ${at}`).toBe(0);
    // oxlint-disable-next-line no-await-in-loop -- as above
    expect(await stateOf("pdf-report")).toBe(of.after);
    expect(leftovers()).toEqual([]);
  }
  // It really died on both sides of the last step.
  expect([...seen].toSorted()).toEqual([...of.outcomes].toSorted());
  return await stateOf("pdf-report");
}

/** Half-written files that nobody would ever remove. */
function leftovers(): readonly string[] {
  const staging = join(desk.home, "store/staging");
  const staged = existsSync(staging) ? readdirSync(staging) : [];
  const lock = readFileSync(join(desk.project, ".agentzero/skills.lock"), "utf8");
  return [...staged, ...(lock.endsWith("}\n") ? [] : ["skills.lock"])];
}
