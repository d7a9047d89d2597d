import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { initialise, type Ran, runAgentzero } from "../support/run-agentzero.ts";
import { sharedDir } from "../support/temp-dir.ts";

const at = { base: "", cwd: "", home: "" };

beforeAll(async () => {
  const base = sharedDir({ "shop/README.md": "# Shop\n", "me/x": "" });
  Object.assign(at, { base, cwd: join(base, "shop"), home: join(base, "home") });
  await initialise(at);
});

function start(words: readonly string[], place: { readonly cwd: string; readonly home: string } = at): Promise<Ran> {
  return runAgentzero(words, { ...place, env: { HOME: join(at.base, "me") } });
}

function call(tool: string, args: unknown): Promise<Ran> {
  return start(["call", tool, JSON.stringify(args), "--approve", "--json"]);
}

/** Temporaries, locks and stages: what only lives as long as a process writes. */
function leftBehind(...folders: readonly string[]): readonly string[] {
  return folders.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder).filter((name) => basename(folder) === "stage" || /\.(tmp|lock)$/.test(name))
  );
}

describe("processes that call at once in one project", () => {
  it("each do all of it, and the record, its ledger and the project hold all of them", async () => {
    const ran = await Promise.all([
      ...[1, 2, 3].map((n) => call("write", { path: `written-${n}.txt`, content: `${n}\n` })),
      ...[1, 2].map((n) => call("shell", { command: `cat README.md > made-${n}.txt` })),
      call("shell", { command: "false" }),
    ]);
    const answers = ran.map((one) => one.json() as { ok: boolean; session: string; error: { code: string } | null });
    expect(ran.map(({ exit }, n) => [exit, answers[n]?.error?.code ?? null])).toEqual([
      ...Array.from({ length: 5 }, () => [0, null]),
      [1, "COMMAND_FAILED"],
    ]);
    for (const n of [1, 2, 3]) expect(readFileSync(join(at.cwd, `written-${n}.txt`), "utf8")).toBe(`${n}\n`);
    for (const n of [1, 2]) expect(readFileSync(join(at.cwd, `made-${n}.txt`), "utf8")).toBe("# Shop\n");

    const sessions = answers.map(({ session }) => session);
    expect(new Set(sessions).size).toBe(6);
    for (const ledger of [join(at.cwd, ".agentzero/audit/HEADS"), join(at.home, "trust/HEADS")]) {
      const lines = readFileSync(ledger, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as Head);
      expect(lines.map(({ n }) => n)).toEqual(lines.map((_, index) => index + 1));
      for (const session of sessions) {
        const kinds = lines.filter((line) => line.session === session).map(({ kind }) => kind);
        expect([kinds[0], kinds.at(-1)]).toEqual(["open", "close"]);
      }
    }
    const verified = await start(["audit", "verify", "--all", "--json"]);
    expect([verified.exit, verified.json()]).toMatchObject([0, { ok: true }]);
    const { sessions: checked } = verified.json() as { sessions: readonly { session: string; closed: boolean }[] };
    expect(checked.filter(({ closed }) => closed).map(({ session }) => session)).toEqual(
      expect.arrayContaining(sessions),
    );
    const own = ["audit", "state", "state/stage"].map((name) => join(at.cwd, ".agentzero", name));
    expect(leftBehind(at.cwd, ...own, ...["", "keys", "trust"].map((name) => join(at.home, name)))).toEqual([]);
  });

  it("never mix what they write to one file: it is one of the texts, whole", async () => {
    const texts = ["a", "b", "c"].map((letter) => `${letter.repeat(90_000)}\n`);
    const ran = await Promise.all(texts.map((content) => call("write", { path: "same.txt", content })));
    // A write that finds the file changed since it was shown is refused; at least one of them came first.
    const ends = ran.map((one) => [one.exit, (one.json()["error"] as { code: string } | null)?.code ?? null]);
    expect(ends).toContainEqual([0, null]);
    for (const end of ends) expect([[0, null], [5, "APPROVAL_CHANGED"], [5, "PATH_CHANGED"]]).toContainEqual(end);
    expect(texts).toContain(readFileSync(join(at.cwd, "same.txt"), "utf8"));
    expect(leftBehind(at.cwd)).toEqual([]);
    expect((await start(["audit", "verify", "--all", "--json"])).exit).toBe(0);
  });

  it("may be the first ones of an installation: all use the same keys", async () => {
    const places = [1, 2, 3].map((n) => ({ cwd: join(at.base, `first-${n}`), home: join(at.base, "fresh") }));
    for (const { cwd } of places) mkdirSync(cwd);
    const made = await Promise.all(places.map((place) => start(["init"], place)));
    expect(made.map(({ exit, stderr }) => [exit, stderr])).toEqual(places.map(() => [0, ""]));
    for (const place of places) {
      const verified = await start(["audit", "verify", "--all", "--json"], place);
      expect([verified.exit, verified.json()]).toMatchObject([0, { ok: true, sessions: [{ closed: true }] }]);
    }
    expect(leftBehind(...["", "keys", "trust"].map((name) => join(at.base, "fresh", name)))).toEqual([]);
  });
});

interface Head {
  readonly n: number;
  readonly kind: string;
  readonly session: string;
}
