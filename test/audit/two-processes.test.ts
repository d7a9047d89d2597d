import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { verify, type VerifyOptions } from "../../audit/mod.ts";
import { codesOf, linesOf, makePlace, must, type Place, verifyOptions } from "./support.ts";

const CHILD = fileURLToPath(new URL("write-child.ts", import.meta.url));
const RUNTIME = process.versions["deno"] === undefined ? [process.execPath] : [process.execPath, "run", "-A"];

/** Starts a writer; resolves with its first line. */
async function start(
  place: Place,
  session: string,
): Promise<{ readonly child: ChildProcess; readonly said: string; end(): Promise<string>; kill(): Promise<string> }> {
  const [program = "", ...before] = RUNTIME;
  const child = spawn(program, [...before, CHILD, place.root, session], { stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  const first = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (text.includes("\n")) first.resolve();
  });
  child.on("close", () => {
    first.resolve();
    closed.resolve();
  });
  await first.promise;
  return {
    child,
    said: must(text.split("\n")[0]),
    async end() {
      child.stdin.end();
      await closed.promise;
      return text;
    },
    // Its input stays open: the end of it would be a reason to close in good order.
    async kill() {
      child.kill("SIGKILL");
      await closed.promise;
      return text;
    },
  };
}

async function publicCodes(options: VerifyOptions): Promise<readonly string[]> {
  return codesOf(await verify({ ...options, secretOf: () => null }));
}

describe("two processes", () => {
  it("cannot write one session; other sessions go on side by side, and verify is content all the time", async () => {
    const place = await makePlace();
    const options = verifyOptions(place, { dir: join(place.root, "audit"), project: place.root });
    const [a, b] = [place.newSession(), place.newSession()];
    const first = await start(place, a);
    const second = await start(place, b);
    expect([first.said, second.said]).toEqual(["open", "open"]);
    const third = await start(place, a);
    expect(third.said).toBe("SESSION_BUSY");
    const written = join(place.root, "audit", `${a}.jsonl`);
    for (let i = 0; i < 12 || linesOf(written).length < 30; i++) expect(await publicCodes(options)).toEqual([]);
    expect(await first.end()).toContain("closed");
    // A writer that is killed is recovered by whoever starts next.
    expect(await second.kill()).toBe("open\n");
    const fourth = await start(place, place.newSession());
    expect(fourth.said).toBe("open");
    expect(await fourth.end()).toContain("closed");
    const report = await verify(options);
    expect(report).toMatchObject({
      ok: true,
      sessions: [{ closed: true }, { closed: true, segments: 2 }, { closed: true, segments: 1 }],
    });
    expect(must(report.sessions[2]).events).toBeGreaterThan(20);
  });
});
