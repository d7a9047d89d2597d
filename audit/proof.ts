import { fromBase64, loadSodium, type SessionId, toBase64, verifySignature } from "../core/mod.ts";
import { rootText } from "./chain.ts";
import { AuditError } from "./errors.ts";
import type { AuditEvent } from "./event.ts";
import { base64Length, openPadding } from "./event-reader.ts";
import { SIGNATURE_TAIL } from "./grammar.ts";
import { leafHash, merklePath, rootOfPath } from "./merkle.ts";
import { parseRecord } from "./parse-record.ts";
import type { Problem } from "./problem.ts";
import { type EventProof, parseProof } from "./proof-form.ts";
import { decryptOne, type Ratchet } from "./ratchet.ts";
import type { EventRecord, HeaderRecord } from "./record.ts";
import { scanSegment } from "./scan-segment.ts";
import { openSegmentKeys, type SecretOf } from "./segment-keys.ts";
import { listSessionFiles } from "./session-files.ts";

/** What checking a proof gave. */
export interface ProofReport {
  /** `true` when path, checkpoints and header fit together and every signature holds. */
  readonly ok: boolean;
  /** Id of the session, as the signed header names it. */
  readonly session: string;
  /** Number of the event, as its line names it. */
  readonly seq: number;
  /** Id text of the key that signed the header, base64. */
  readonly signer: string;
  /** The event, when the proof discloses it. */
  readonly event: AuditEvent | null;
  /** Why it does not hold; empty when `ok`. */
  readonly problems: readonly Problem[];
}

/**
 * Makes a proof that an event is in the record.
 *
 * @param dir The audit folder.
 * @param which Session and number of the event.
 * @param secretOf Reading keys; with one that fits, the proof discloses this one event.
 * @returns The proof.
 * @throws {AuditError} `NOT_FOUND` when there is no such event or no checkpoint covers it yet.
 */
export async function proveEvent(
  dir: string,
  which: { readonly session: SessionId; readonly seq: number },
  secretOf: SecretOf,
): Promise<EventProof> {
  await loadSodium();
  const files = listSessionFiles(dir).find(({ session }) => session === which.session);
  for (const { seg, path } of files?.segments ?? []) {
    const proof = proveInSegment({ ...which, seg, path, secretOf });
    if (proof !== null) return proof;
  }
  throw new AuditError("NOT_FOUND", `Cannot prove event ${which.seq} of "${which.session}": no checkpoint covers it`, {
    hint: "checkpoints come every 64 events, at most 5 seconds after an event, and when a session ends",
  });
}

/** Takes in a segment until a checkpoint covers the event. */
class ProofWalk {
  readonly leaves: Uint8Array[] = [];
  readonly checkpoints: string[] = [];
  headerLine = "";
  found: { readonly index: number; readonly line: string; readonly mk: Uint8Array | null } | null = null;
  ratchet: Ratchet | null = null;
  done = false;

  takeLine(line: string, leaf: Uint8Array, seq: number): void {
    if (this.done) return;
    const record = parseRecord(line);
    if (record.t === "h") this.headerLine = line;
    if (record.t === "e") this.#takeEvent(record, line, seq);
    if (record.t === "c" || record.t === "z") {
      this.checkpoints.push(line);
      this.done = this.found !== null;
    }
    if (!this.done) this.leaves.push(leaf);
  }

  #takeEvent(record: EventRecord, line: string, seq: number): void {
    if (record.seq !== seq) this.ratchet?.skip();
    else this.found = { index: this.leaves.length, line, mk: this.ratchet?.disclose() ?? null };
  }
}

function proveInSegment(
  at: {
    readonly session: SessionId;
    readonly seq: number;
    readonly seg: number;
    readonly path: string;
    readonly secretOf: SecretOf;
  },
): EventProof | null {
  const walk = new ProofWalk();
  scanSegment({
    path: at.path,
    session: at.session,
    seg: at.seg,
    after: null,
    signatures: false,
    onHeader(header) {
      const keys = openSegmentKeys(header, at.secretOf);
      walk.ratchet = keys.kind === "open" ? keys.ratchet : null;
    },
    onLine: (line, leaf) => walk.takeLine(line.buffer.toString("latin1", line.start, line.end), leaf, at.seq),
  });
  const { found, leaves, checkpoints, headerLine, done } = walk;
  if (found === null || !done) return null;
  return {
    v: "azproof/1",
    session: at.session,
    seg: at.seg,
    seq: at.seq,
    index: found.index,
    size: leaves.length,
    line: found.line,
    path: merklePath(leaves, found.index).map(rootText),
    header: headerLine,
    checkpoints,
    mk: found.mk === null ? null : toBase64(found.mk),
  };
}

/**
 * Checks a proof against the key of the installation.
 *
 * @param value The parsed file, untrusted.
 * @param signers Signing keys to believe, base64; `null` believes the one in the header, which the caller must compare.
 * @returns What it proves, or what is wrong with it.
 * @throws {AuditError} `LINE_INVALID` when it is no proof at all.
 */
export async function verifyProof(value: unknown, signers: readonly string[] | null): Promise<ProofReport> {
  await loadSodium();
  const proof = parseProof(value);
  const header = proof === null ? null : parseRecord(proof.header);
  const event = proof === null ? null : parseRecord(proof.line);
  if (proof === null || header?.t !== "h" || event?.t !== "e") {
    throw new AuditError("LINE_INVALID", "Cannot check proof: it is not of the form azproof/1", {
      hint: "make one with: agentzero audit show ID --seq N --proof",
    });
  }
  const problems = proofProblems({ proof, header, event, signers });
  const opened = openProof(proof, event);
  if (opened.wrong) problems.push({ code: "AEAD_FAILED", seq: proof.seq, detail: "its key does not open the event" });
  return {
    ok: problems.length === 0,
    session: header.session,
    seq: event.seq,
    signer: header.id,
    event: opened.event,
    problems,
  };
}

function proofProblems(
  { proof, header, event, signers }: {
    readonly proof: EventProof;
    readonly header: HeaderRecord;
    readonly event: EventRecord;
    readonly signers: readonly string[] | null;
  },
): Problem[] {
  const problems: Problem[] = [];
  const { seq } = event;
  if (seq !== proof.seq || header.session !== proof.session || header.seg !== proof.seg) {
    problems.push({ code: "LINE_INVALID", seq, detail: "its parts are of different places" });
  }
  const known = signers === null || signers.includes(header.id);
  if (!known || !isSigned(proof.header, header, fromBase64(header.id))) {
    problems.push({ code: "HEADER_SIG", seq: null, detail: "the header is not signed by this installation" });
  }
  const root = sealedRoot(proof, header);
  const path = proof.path.flatMap((text) => new Uint8Array(Buffer.from(text.slice(7), "hex")));
  const leaf = leafHash(new TextEncoder().encode(proof.line));
  const reached = rootOfPath({ leaf, index: proof.index, size: proof.size, path });
  if (root === null) problems.push({ code: "CHECKPOINT_SIG", seq, detail: "a checkpoint is not signed by its epoch" });
  else if (reached === null || root.size !== proof.size || rootText(reached) !== root.root) {
    problems.push({ code: "ROOT_MISMATCH", seq, detail: "the path does not lead to the signed root" });
  }
  return problems;
}

/** Root and size that the last checkpoint signs; `null` when the chain of epoch keys breaks. */
function sealedRoot(proof: EventProof, header: HeaderRecord): { readonly size: number; readonly root: string } | null {
  let epoch = fromBase64(header.pk);
  for (const [index, line] of proof.checkpoints.entries()) {
    const record = parseRecord(line);
    if ((record.t !== "c" && record.t !== "z") || !isSigned(line, record, epoch)) return null;
    if (index === proof.checkpoints.length - 1) return { size: record.size, root: record.root };
    if (record.t === "z") return null;
    epoch = fromBase64(record.next);
  }
  return null;
}

function isSigned(
  line: string,
  record: { readonly t: string; readonly sig: string },
  publicKey: Uint8Array | null,
): boolean {
  const signature = fromBase64(record.sig);
  if (signature === null || publicKey === null) return false;
  return verifySignature(signature, `azlog/1 ${record.t}\n${line.slice(0, -SIGNATURE_TAIL)}`, publicKey);
}

function openProof(
  proof: EventProof,
  record: EventRecord,
): { readonly wrong: boolean; readonly event: AuditEvent | null } {
  if (proof.mk === null) return { wrong: false, event: null };
  const mk = fromBase64(proof.mk);
  const aad = new TextEncoder().encode(proof.line.slice(0, -2 - base64Length(record.ct)));
  const plain = mk === null || mk.length !== 32 ? null : decryptOne(mk, record.ct, aad);
  const event = plain === null ? null : openPadding(plain);
  return { wrong: event === null, event };
}
