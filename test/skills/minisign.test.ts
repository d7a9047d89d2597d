import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, test } from "vitest";
import { systemRandom } from "../../cli/system/random.ts";
import { loadSodium, parseDigest } from "../../core/mod.ts";
import { SkillsError } from "../../skills/errors.ts";
import {
  formatPublicKey,
  keyIdText,
  parsePublicKey,
  parseSignature,
  signMinisign,
  verifyMinisign,
} from "../../skills/minisign.ts";
import { createSigningKey, formatSecretKey, parseSecretKey, secretKeyFile } from "../../skills/secret-key.ts";
import { formatTrustedComment, parseTrustedComment } from "../../skills/trusted-comment.ts";
import { tempDir } from "../support/temp-dir.ts";

beforeAll(async () => void await loadSodium());

const HAS_MINISIGN = spawnSync("minisign", ["-v"]).error === undefined;
const FILE = new TextEncoder().encode("the package\n");

function run(args: readonly string[], cwd: string, input = ""): void {
  const { status, stderr, stdout } = spawnSync("minisign", args, { cwd, input, encoding: "utf8" });
  if (status !== 0) throw new Error(`minisign ${args.join(" ")}: ${stderr}${stdout}`);
}

function verifies(dir: string, name: string): boolean {
  return spawnSync("minisign", ["-V", "-H", "-q", "-p", "key.pub", "-m", name], { cwd: dir }).status === 0;
}

function codeOf(attempt: () => unknown): string {
  try {
    attempt();
    return "ok";
  } catch (cause) {
    return cause instanceof SkillsError ? cause.code : String(cause);
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function sampleKey(): ReturnType<typeof createSigningKey> {
  return createSigningKey(systemRandom);
}

describe("minisign", () => {
  it("signs and verifies, and gives the parts back", () => {
    const key = sampleKey();
    const signature = parseSignature(encode(signMinisign(FILE, key, "a comment")));
    expect(signature.trustedComment).toBe("a comment");
    expect(verifyMinisign(FILE, signature, key.public)).toBe(true);
    expect(verifyMinisign(encode("another"), signature, key.public)).toBe(false);
    expect(verifyMinisign(FILE, signature, sampleKey().public)).toBe(false);
    expect(verifyMinisign(FILE, signature, { ...sampleKey().public, id: key.public.id })).toBe(false);
    expect(parsePublicKey(formatPublicKey(key.public))).toEqual(key.public);
    expect(parsePublicKey(key.public.text)).toEqual(key.public);
  });

  it("refuses every flipped bit of a signature but those of the free comment", () => {
    const key = sampleKey();
    const text = encode(signMinisign(FILE, key, "azs1 id=a/b"));
    const free = new TextDecoder().decode(text).indexOf("\n");
    const codes = new Set<string>();
    for (let at = 0; at < text.length; at++) {
      for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
        const mutated = text.slice();
        mutated[at] = (mutated[at] ?? 0) ^ bit;
        const code = codeOf(() => {
          const parsed = parseSignature(mutated);
          if (!verifyMinisign(FILE, parsed, key.public)) throw new SkillsError("SIG_INVALID", "x");
        });
        codes.add(code);
        expect(code === "ok" && at > free, `byte ${at}`).toBe(false);
      }
    }
    expect([...codes].toSorted()).toEqual(["SIG_ALG", "SIG_INVALID", "SIG_MALFORMED", "ok"]);
  });

  test.for<readonly [string, (text: string) => string, string]>([
    ["nothing", () => "", "SIG_MALFORMED"],
    ["three lines", (text) => `${text.split("\n").slice(0, 3).join("\n")}\n`, "SIG_MALFORMED"],
    ["five lines", (text) => `${text}more\n`, "SIG_MALFORMED"],
    ["no line feed at the end", (text) => text.slice(0, -1), "SIG_MALFORMED"],
    ["CRLF", (text) => text.replaceAll("\n", "\r\n"), "SIG_MALFORMED"],
    ["a byte order mark", (text) => `\ufeff${text}`, "SIG_MALFORMED"],
    ["no comment", (text) => text.replace("untrusted comment: ", ""), "SIG_MALFORMED"],
    ["another word for a comment", (text) => text.replace("\ntrusted comment: ", "\ncomment: "), "SIG_MALFORMED"],
    ["a tab in a comment", (text) => text.replace("\ntrusted comment: c", "\ntrusted comment: c\t"), "SIG_MALFORMED"],
    ["an escape in a comment", (text) => text.replace("comment: ", "comment: \u001b[2J"), "SIG_MALFORMED"],
    ["base64 with a blank", (text) => text.replace("\nRU", "\n RU"), "SIG_MALFORMED"],
    ["base64 without padding", (text) => text.replace(/=\n/, "\n"), "SIG_MALFORMED"],
    ["base64 of URLs", (text) => text.replace(/\nRU.{4}/, "\nRU-_-_"), "SIG_MALFORMED"],
    ["a shorter signature", (text) => text.replace(/\nRU.{4}/, "\nRU"), "SIG_MALFORMED"],
    [
      "more than 4 KiB",
      (text) => text.replace("\ntrusted comment: c", `\ntrusted comment: ${"c".repeat(4_096)}`),
      "SIG_MALFORMED",
    ],
    ["the legacy kind", (text) => text.replace("\nRU", "\nRW"), "SIG_ALG"],
    ["an unknown kind", (text) => text.replace("\nRU", "\nRX"), "SIG_ALG"],
  ])("refuses a signature with %s", ([, edit, code]) => {
    expect(codeOf(() => parseSignature(encode(edit(signMinisign(FILE, sampleKey(), "c")))))).toBe(code);
  });

  test.for<readonly [string, (text: string) => string]>([
    ["nothing", () => ""],
    ["another kind", (text) => text.replace("\nRW", "\nRU")],
    ["three lines", (text) => `${text}more\n`],
    ["no comment", (text) => text.replace("untrusted comment: ", "")],
    ["half a key", (text) => text.slice(0, -10)],
    ["a blank", (text) => text.replace("\nRW", "\n RW")],
    ["an invisible character", (text) => text.replace("minisign", "mini\u200bsign")],
  ])("refuses a public key with %s", ([, edit]) => {
    expect(codeOf(() => parsePublicKey(edit(formatPublicKey(sampleKey().public))))).toBe("KEY_INVALID");
  });

  it("refuses to sign a comment that is not one visible line", () => {
    expect(codeOf(() => signMinisign(FILE, sampleKey(), "a\nb"))).toBe("SIG_MALFORMED");
  });

  it("keeps a secret key as one line, and notices damage without showing it", () => {
    const key = sampleKey();
    const line = formatSecretKey(key);
    expect(parseSecretKey(line)).toEqual(key);
    for (let at = 0; at < line.length; at += 7) {
      const mutated = line.slice();
      mutated[at] = mutated[at] === 0x41 ? 0x42 : 0x41;
      if (Buffer.compare(mutated, line) === 0 || (at >= 8 && at < 72)) continue;
      expect(codeOf(() => parseSecretKey(mutated)), `byte ${at}`).toBe("KEY_INVALID");
    }
  });
});

describe.skipIf(!HAS_MINISIGN)("the minisign program", () => {
  it("verifies what we sign, and shows the same id", () => {
    const dir = tempDir();
    const key = sampleKey();
    writeFileSync(join(dir, "f"), FILE);
    writeFileSync(join(dir, "f.minisig"), signMinisign(FILE, key, "azs1 id=a/b"));
    writeFileSync(join(dir, "key.pub"), formatPublicKey(key.public));
    expect(verifies(dir, "f")).toBe(true);
    writeFileSync(join(dir, "f"), "other\n");
    expect(verifies(dir, "f")).toBe(false);
  });

  it("signs with -H what we verify, with a key that no password protects", () => {
    const dir = tempDir();
    run(["-G", "-W", "-p", "key.pub", "-s", "key"], dir);
    writeFileSync(join(dir, "f"), FILE);
    run(["-S", "-H", "-W", "-s", "key", "-t", "azs1 id=a/b", "-m", "f"], dir);
    const pub = readFileSync(join(dir, "key.pub"), "utf8");
    const key = parsePublicKey(pub);
    const signature = parseSignature(readFileSync(join(dir, "f.minisig")));
    expect(signature.trustedComment).toBe("azs1 id=a/b");
    expect(verifyMinisign(FILE, signature, key)).toBe(true);
    expect(pub).toContain(keyIdText(key.id));
  });

  it("signs with -H what we verify, with a key that a password protects", () => {
    const dir = tempDir();
    run(["-G", "-p", "key.pub", "-s", "key"], dir, "fake password\nfake password\n");
    writeFileSync(join(dir, "f"), FILE);
    run(["-S", "-H", "-s", "key", "-t", "c", "-m", "f"], dir, "fake password\n");
    const key = parsePublicKey(readFileSync(join(dir, "key.pub"), "utf8"));
    expect(verifyMinisign(FILE, parseSignature(readFileSync(join(dir, "f.minisig"))), key)).toBe(true);
  });

  it("signs with -l, the legacy kind, what we refuse", () => {
    const dir = tempDir();
    run(["-G", "-W", "-p", "key.pub", "-s", "key"], dir);
    writeFileSync(join(dir, "f"), FILE);
    run(["-S", "-l", "-W", "-s", "key", "-m", "f"], dir);
    expect(codeOf(() => parseSignature(readFileSync(join(dir, "f.minisig"))))).toBe("SIG_ALG");
  });

  it("signs with a secret key that we exported", () => {
    const dir = tempDir();
    const key = sampleKey();
    writeFileSync(join(dir, "key"), secretKeyFile(key), { mode: 0o600 });
    writeFileSync(join(dir, "f"), FILE);
    run(["-S", "-H", "-W", "-s", "key", "-t", "c", "-m", "f"], dir);
    expect(verifyMinisign(FILE, parseSignature(readFileSync(join(dir, "f.minisig"))), key.public)).toBe(true);
    run(["-R", "-W", "-s", "key", "-p", "key.pub"], dir);
    expect(parsePublicKey(readFileSync(join(dir, "key.pub"), "utf8"))).toEqual(key.public);
  });
});

describe("parseTrustedComment()", () => {
  const digest = parseDigest(`b2:${"0a".repeat(32)}`);
  const fields = { id: "a/b", version: "1.2.3", seq: 7, b2: digest, perm: digest };

  it("reads what it writes", () => {
    const text = formatTrustedComment(fields);
    expect(text).toBe(`azs1 id=a/b v=1.2.3 seq=7 b2=${"0a".repeat(32)} perm=${"0a".repeat(32)}`);
    expect(parseTrustedComment(text)).toEqual({ ...fields, namespace: "a" });
  });

  test.for<readonly [string, (text: string) => string]>([
    ["two blanks", (text) => text.replace(" v=", "  v=")],
    ["a blank at the end", (text) => `${text} `],
    ["another order", (text) => text.replace(/(id=\S+) (v=\S+)/, "$2 $1")],
    ["another version of the form", (text) => text.replace("azs1", "azs2")],
    ["more fields", (text) => `${text} x=1`],
    ["capitals in a digest", (text) => text.replace("0a", "0A")],
    ["a prefix before a digest", (text) => text.replace("b2=", "b2=b2:")],
    ["a leading zero", (text) => text.replace("seq=7", "seq=07")],
    ["a number too large", (text) => text.replace("seq=7", "seq=9999999999999999")],
    ["no namespace", (text) => text.replace("id=a/b", "id=b")],
    ["no version", (text) => text.replace("v=1.2.3", "v=1")],
    ["a line feed", (text) => `${text}\n`],
    ["nothing", () => ""],
  ])("refuses %s", ([, edit]) => expect(parseTrustedComment(edit(formatTrustedComment(fields)))).toBeNull());
});
