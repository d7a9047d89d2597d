import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { Chain, chainText, ZERO_CHAIN } from "../../audit/chain.ts";
import { formatEventStart, formatHeader, formatSeal, segmentName } from "../../audit/format-record.ts";
import { Ratchet, startRatchet } from "../../audit/ratchet.ts";
import type { HeaderRecord } from "../../audit/record.ts";
import { scanSegment, type SegmentScan } from "../../audit/scan-segment.ts";
import { verifySession } from "../../audit/verify-session.ts";
import { sealTo, sign, sodium, toBase64 } from "../../core/mod.ts";
import { makePlace, NOW, type Place } from "./support.ts";

interface Wrong {
  readonly header?: Partial<Omit<HeaderRecord, "t" | "sig">>;
  /** Number, time and text of the second event. */
  readonly seq?: number;
  readonly text?: string;
  readonly size?: number;
  readonly root?: string;
  readonly sealSeq?: number;
  readonly padded?: number;
}

function signed(t: string, text: string, key: Uint8Array): string {
  return `${text}${toBase64(sign(`azlog/1 ${t}\n${text}`, key))}"}`;
}

/** A writer with the right keys who writes something wrong: what signatures alone would not find. */
function writeWrong(place: Place, wrong: Wrong): { readonly path: string; readonly session: HeaderRecord["session"] } {
  const { session, policy } = place.options();
  mkdirSync(place.dir, { recursive: true });
  const path = join(place.dir, segmentName(session, 1));
  const epoch = sodium().crypto_sign_seed_keypair(new Uint8Array(32).fill(5));
  const srk = new Uint8Array(32).fill(6);
  const to = [{ kid: place.keys.auditBox.kid, w: toBase64(sealTo(place.keys.auditBox.publicKey, srk)) }];
  const { ck, commit } = startRatchet(srk);
  const ratchet = new Ratchet(ck);
  const chain = new Chain(ZERO_CHAIN);
  const lines: string[] = [];
  function put(line: string): void {
    lines.push(line);
    chain.push(Buffer.concat([Buffer.from([0]), Buffer.from(line)]));
  }
  const header = formatHeader({
    session,
    seg: 1,
    seq: 0,
    prev: chainText(ZERO_CHAIN),
    prev_seg: null,
    created: NOW,
    writer: place.writer,
    policy,
    clear: [],
    to,
    commit: toBase64(commit),
    pk: toBase64(epoch.publicKey),
    id: toBase64(place.keys.auditSign.publicKey),
    ...wrong.header,
  });
  put(signed("h", header, place.keys.auditSign.secretKey));
  const good = `{"event":"result","session_id":"${session}","timestamp":"2025-11-20T22:04:09.123Z"}`;
  for (
    const [seq, text] of [[1, good], [wrong.seq ?? 2, (wrong.text ?? good).replaceAll("SESSION", session)]] as const
  ) {
    const start = formatEventStart({ seq, ts: NOW, prev: chain.text, clear: null });
    const plain = Buffer.from(text.padEnd(wrong.padded ?? 256));
    put(`${start}${toBase64(ratchet.encrypt(plain, Buffer.from(start)))}"}`);
  }
  const seal = {
    seq: wrong.sealSeq ?? wrong.seq ?? 2,
    ts: NOW,
    prev: chain.text,
    size: wrong.size ?? 3,
    root: wrong.root ?? chain.root(),
  };
  put(signed("z", formatSeal(seal, { exit: "ok" }), epoch.privateKey));
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  return { path, session };
}

function scan(place: Place, wrong: Wrong): SegmentScan {
  const { path, session } = writeWrong(place, wrong);
  return scanSegment({ path, session, seg: 1, after: null, signatures: true });
}

describe("scanSegment()", () => {
  it("accepts what is right", async () => {
    expect(scan(await makePlace(), {})).toMatchObject({ problems: [], closed: "ok", end: { seq: 2, size: 4 } });
  });

  test.for(
    [
      ["a number that is left out", { seq: 3 }, "SEQ_GAP"],
      ["a number twice", { seq: 1 }, "SEQ_GAP"],
      ["a checkpoint that names another event", { sealSeq: 1 }, "SEQ_GAP"],
      ["another root, rightly signed", { root: `sha256:${"0".repeat(64)}` }, "ROOT_MISMATCH"],
      ["another size, rightly signed", { size: 2 }, "ROOT_MISMATCH"],
      ["a first segment that has a predecessor", { header: { prev: `b2:${"1".repeat(64)}` } }, "CHAIN_BROKEN"],
      ["a first segment that does not begin with 0", { header: { seq: 5 } }, "SEQ_GAP"],
      ["a header of another segment", { header: { seg: 2 } }, "LINE_INVALID"],
      [
        "a header of another session",
        { header: { session: "ses_01K9ABCDEFGHJKMNPQRSTVWXYZ" as never } },
        "LINE_INVALID",
      ],
      ["a key that is not the signer's", { header: { id: toBase64(new Uint8Array(32).fill(1)) } }, "HEADER_SIG"],
      ["an epoch that is not the signer's", { header: { pk: toBase64(new Uint8Array(32).fill(1)) } }, "CHECKPOINT_SIG"],
    ] as const,
  )("finds %s", async ([, wrong, code]) => {
    expect(scan(await makePlace(), wrong).problems.map((problem) => problem.code)).toContain(code);
  });

  test.for(
    [
      ["the time of another", '{"event":"result","session_id":"SESSION","timestamp":"2025-11-20T22:04:09.124Z"}'],
      [
        "another session's id",
        '{"event":"result","session_id":"ses_01K9ABCDEFGHJKMNPQRSTVWXYZ","timestamp":"2025-11-20T22:04:09.123Z"}',
      ],
      ["an unknown field", '{"event":"result","session_id":"SESSION","timestamp":"2025-11-20T22:04:09.123Z","x":1}'],
      ["fields in another order", '{"session_id":"SESSION","event":"result","timestamp":"2025-11-20T22:04:09.123Z"}'],
      ["no event at all", "null"],
    ] as const,
  )("finds an event with %s", async ([, text]) => {
    const place = await makePlace();
    const { path, session } = writeWrong(place, { text });
    const report = verifySession({
      files: { session, segments: [{ seg: 1, path }] },
      heads: [],
      signers: null,
      secretOf: (kid) => place.keys.auditBoxSecret(kid),
      decrypt: 100,
    });
    expect(report.problems).toMatchObject([{ code: "EVENT_INVALID", seq: 2 }]);
    expect(basename(path)).toBe(`${session}.jsonl`);
  });

  it("finds an event with more padding than the format has", async () => {
    const place = await makePlace();
    const { path, session } = writeWrong(place, { padded: 512 });
    const check = { files: { session, segments: [{ seg: 1, path }] }, heads: [], signers: null, decrypt: 100 };
    const report = verifySession({ ...check, secretOf: (kid) => place.keys.auditBoxSecret(kid) });
    expect(report.problems).toMatchObject([{ code: "EVENT_INVALID", seq: 1 }]);
  });
});
