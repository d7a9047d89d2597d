import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { blake2b, parseSessionId, sodium, toBase64, toHex } from "../../core/mod.ts";
import {
  type AuditKeys,
  type AuditLog,
  type AuditLogOptions,
  openAuditLog,
  readingKeyOf,
  verify,
  type WriterFacts,
} from "../../audit/mod.ts";
import {
  codesOf,
  eventsOf,
  FixedRandom,
  linesOf,
  makePlace,
  must,
  type Place,
  recordCalls,
  verifyOptions,
} from "./support.ts";

const FIXTURES = fileURLToPath(new URL("../fixtures/azlog/", import.meta.url));
const PROJECT = "/home/me/shop";
const WRITER: WriterFacts = {
  pid: 4711,
  ns: "pid:[4026531836]",
  boot: "00000000-0000-4000-8000-000000000001",
  start: 12_345,
  version: "0.1.0",
  runtime: "node 24.21.0",
};

const SESSION = parseSessionId("ses_01KAHMQQ13ZSNTMYATVX1QS9TY");

/** Keys that depend on nothing but these seeds. */
function goldenKeys(): AuditKeys {
  const sign = sodium().crypto_sign_seed_keypair(new Uint8Array(32).fill(1));
  const box = new Uint8Array(32).fill(2);
  const boxPublic = sodium().crypto_scalarmult_base(box);
  const [signKid, boxKid] = [kidOf(sign.publicKey), kidOf(boxPublic)];
  return {
    tag: new Uint8Array(32).fill(3),
    auditSign: { kid: signKid, publicKey: sign.publicKey, secretKey: sign.privateKey },
    auditBox: { kid: boxKid, publicKey: boxPublic },
    auditBoxSecret: (kid = boxKid) => kid === boxKid ? box : null,
  };
}

function kidOf(publicKey: Uint8Array): string {
  return toHex(blake2b(publicKey).subarray(0, 8));
}

/** The same keys as files: what an auditor pins, and what opens the events. */
function keyFiles(keys: AuditKeys): readonly (readonly [string, string])[] {
  const { kid, publicKey } = keys.auditBox;
  const file = {
    v: "azkey/1",
    use: "audit-box",
    kid,
    pub: toBase64(publicKey),
    wrap: null,
    sk: toBase64(must(keys.auditBoxSecret())),
  };
  return [
    ["audit-sign.pub", `azpub/1 audit-sign ${keys.auditSign.kid} ${toBase64(keys.auditSign.publicKey)}\n`],
    ["audit-box.key", `${JSON.stringify(file)}\n`],
  ];
}

/** Everything that the format knows, with fixed keys, clock, randomness and process. */
async function writeGolden(place: Place): Promise<AuditLog> {
  const auditor = sodium().crypto_scalarmult_base(new Uint8Array(32).fill(4));
  const common: Partial<AuditLogOptions> = {
    project: PROJECT,
    session: SESSION,
    keys: goldenKeys(),
    random: new FixedRandom("golden log"),
    writer: WRITER,
    start: { actor: { uid: 1000, front: "cli" }, reason: "scanner ready" },
  };
  const settings = {
    clear: ["event", "decision", "capability"] as const,
    recipients: "both" as const,
    auditor: [`azpub/1 audit-box ${kidOf(auditor)} ${toBase64(auditor)}`],
  };
  const first = await openAuditLog(place.options({ ...common, settings }));
  await recordCalls(first, 4);
  place.clock.advance(1500);
  first.append({
    event: "intent",
    execution_id: "exe_01KAHMQQ13RSB0KG3EEJ48S30J",
    decision: "allow",
    capability: "shell_command",
    reason: "naïve 漢字 \u0007",
    actions: Array.from({ length: 70 }, (_, index) => ({ capability: "file_read", target: `/home/me/shop/${index}` })),
  });
  // The process dies here: the next one has another boot id, notes the sound part and goes on.
  const next = { ...WRITER, boot: "00000000-0000-4000-8000-000000000002", pid: 4712 };
  const second = await openAuditLog(place.options({ ...common, settings, writer: next }));
  await recordCalls(second, 3, 10);
  await second.close("ok");
  return second;
}

describe("azlog/1 and azheads/1", () => {
  it("are written to the byte as in the golden files", async () => {
    const place = await makePlace("golden");
    const log = await writeGolden(place);
    const written = new Map([
      [`${log.session}.jsonl`, join(place.dir, `${log.session}.jsonl`)],
      [`${log.session}.2.jsonl`, join(place.dir, `${log.session}.2.jsonl`)],
      ["HEADS", join(place.dir, "HEADS")],
      ["user-HEADS", join(place.home, "trust", "HEADS")],
    ].map(([name = "", path = ""]) => [name, readFileSync(path, "utf8")] as const));
    for (const [name, text] of keyFiles(goldenKeys())) written.set(name, text);
    for (const [name, text] of written) {
      const golden = join(FIXTURES, name);
      if (process.env["AZ_WRITE_GOLDEN"] === "1") {
        mkdirSync(FIXTURES, { recursive: true });
        writeFileSync(golden, text);
      }
      expect([name, text]).toEqual([name, readFileSync(golden, "utf8")]);
    }
  });

  it("are read back from the golden files", async () => {
    const place = await makePlace("reader");
    mkdirSync(place.dir, { recursive: true });
    mkdirSync(join(place.home, "trust"));
    for (const name of [`${SESSION}.jsonl`, `${SESSION}.2.jsonl`, "HEADS"]) {
      copyFileSync(join(FIXTURES, name), join(place.dir, name));
    }
    copyFileSync(join(FIXTURES, "user-HEADS"), join(place.home, "trust", "HEADS"));
    const pub = must(/ (\S{44})$/m.exec(readFileSync(join(FIXTURES, "audit-sign.pub"), "utf8"))?.[1]);
    const secretOf = readingKeyOf(join(FIXTURES, "audit-box.key"));
    const options = verifyOptions(place, {
      project: PROJECT,
      identity: new Uint8Array(Buffer.from(pub, "base64")),
      secretOf,
    });
    expect(await verify(options)).toMatchObject({
      ok: true,
      sessions: [{ session: SESSION, events: 17, segments: 2, closed: true, checked: "full", dangling: 1, torn: 0 }],
    });
    const events = await eventsOf(
      { ...place, keys: { ...place.keys, auditBoxSecret: (kid) => secretOf(kid ?? "") } },
      SESSION,
    );
    expect(events.map(({ event }) => event?.event)).toContain("session.recovered");
    expect(events.find(({ event }) => event?.capability === "shell_command")?.event?.reason).toBe("naïve 漢字 \u0007");
    expect(codesOf(await verify({ ...options, secretOf: () => null }))).toEqual([]);
    expect(linesOf(join(place.dir, `${SESSION}.jsonl`))[2]).toContain(
      '"clear":{"event":"intent","capability":"file_read","decision":"allow"}',
    );
  });
});
