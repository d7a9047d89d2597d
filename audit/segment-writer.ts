import { errorCode, type Random, sign, sodium, toBase64 } from "../core/mod.ts";
import { Chain } from "./chain.ts";
import { formatEventStart, formatHeader, formatSeal } from "./format-record.ts";
import { MAX_LINE_BYTES, recordText } from "./grammar.ts";
import type { LogFiles } from "./log-files.ts";
import type { AuditKeys, WriterFacts } from "./log.ts";
import { Ratchet, startRatchet } from "./ratchet.ts";
import { type ClearValues, type CloseWord, PAD_BYTES } from "./record.ts";
import type { SegmentState } from "./scan-segment.ts";
import { sealKey } from "./seal-key.ts";
import { createSegment, type SegmentPlace, unwritable } from "./segment-place.ts";
import type { ClearField } from "./settings.ts";

/** What a segment begins with. */
export interface SegmentStart {
  readonly place: SegmentPlace;
  readonly created: number;
  readonly writer: WriterFacts;
  readonly policy: string;
  readonly clear: readonly ClearField[];
  readonly readers: readonly { readonly kid: string; readonly publicKey: Uint8Array }[];
  readonly identity: AuditKeys["auditSign"];
  readonly random: Random;
  readonly files: LogFiles;
  /** Called once when bytes do not fit: frees what was kept in reserve. */
  readonly onFull: () => void;
}

/** One segment, open for writing; one process, ever. */
export class SegmentWriter {
  readonly #start: SegmentStart;
  readonly #fd: number;
  readonly #chain: Chain;
  readonly #ratchet: Ratchet;
  // Byte 0 stays 0x00: it is what a leaf hash puts in front of the line.
  readonly #line = Buffer.alloc(MAX_LINE_BYTES + 2);
  readonly #plain = Buffer.alloc(MAX_LINE_BYTES);
  #epochSecret: Uint8Array;
  #bytes = 0;
  #seq: number;
  #degraded = false;
  #named = false;
  #finished = false;
  #ended = false;

  /**
   * Creates the file and writes the header.
   *
   * @throws {AuditError} `SESSION_BUSY` when the file exists, `AUDIT_UNWRITABLE` when it cannot be written.
   */
  constructor(start: SegmentStart) {
    this.#start = start;
    this.#seq = start.place.seq;
    this.#chain = new Chain(start.place.chain);
    this.#fd = createSegment(start.files, start.place);
    const srk = start.random.bytes(32);
    const to = start.readers.map((reader) => ({
      kid: reader.kid,
      w: toBase64(sealKey(srk, reader.publicKey, start.random)),
    }));
    const { ck, commit } = startRatchet(srk);
    this.#ratchet = new Ratchet(ck);
    const epoch = newEpoch(start.random);
    this.#epochSecret = epoch.secret;
    const text = formatHeader({
      session: start.place.session,
      seg: start.place.seg,
      seq: start.place.seq,
      prev: this.#chain.text,
      prev_seg: start.place.previous,
      created: start.created,
      writer: plainFacts(start.writer),
      policy: start.policy,
      clear: start.clear,
      to,
      commit: toBase64(commit),
      pk: epoch.publicKey,
      id: toBase64(start.identity.publicKey),
    });
    this.#putSigned("h", text, start.identity.secretKey);
  }

  /** Bytes of whole lines. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Number of the last event. */
  get seq(): number {
    return this.#seq;
  }

  /** `true` once a line fitted only after the reserve was freed: the segment must be closed. */
  get degraded(): boolean {
    return this.#degraded;
  }

  /** The present state. */
  head(): SegmentState {
    const { size, text } = this.#chain;
    return { size, root: this.#chain.root(), head: text, seq: this.#seq, bytes: this.#bytes };
  }

  /** Encrypts and writes one event; returns its number. One synchronous step: nothing can come in between. */
  appendEvent(ts: number, clear: ClearValues | null, json: string): number {
    const seq = this.#seq + 1;
    const start = formatEventStart({ seq, ts, prev: this.#chain.text, clear });
    const aad = 1 + this.#line.write(start, 1, "latin1");
    const length = this.#plain.write(json, 0, "utf8");
    const padded = Math.ceil(length / PAD_BYTES) * PAD_BYTES;
    this.#plain.fill(0x20, length, padded);
    const ct = this.#ratchet.encrypt(this.#plain.subarray(0, padded), this.#line.subarray(1, aad));
    this.#put(aad + this.#line.write(`${toBase64(ct)}"}`, aad, "latin1"));
    this.#seq = seq;
    return seq;
  }

  /** Writes a checkpoint, signed by the current epoch key, which is then zeroed; returns the head that covers it. */
  checkpoint(ts: number): SegmentState {
    const next = newEpoch(this.#start.random);
    this.#putSigned("c", formatSeal(this.#sealed(ts), { next: next.publicKey }), this.#epochSecret);
    this.#epochSecret.fill(0);
    this.#epochSecret = next.secret;
    return this.head();
  }

  /** Writes the close record and zeroes all keys. The file stays open, so that it can be synced: see {@link end}. */
  close(ts: number, exit: CloseWord): SegmentState {
    this.#putSigned("z", formatSeal(this.#sealed(ts), { exit }), this.#epochSecret);
    this.#finished = true;
    this.#destroy();
    return this.head();
  }

  /** Forces what was written to the disk; the first time the file's name too. */
  async sync(): Promise<void> {
    if (this.#ended) return;
    const { files, place } = this.#start;
    const isFirst = !this.#named;
    this.#named = true;
    await Promise.all([files.sync(this.#fd), ...(isFirst ? [files.syncFolder(place.dir)] : [])]);
  }

  /** As {@link sync}, at once. */
  syncNow(): void {
    this.#start.files.syncNow(this.#fd);
  }

  /** Closes the file; idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#destroy();
    this.#start.files.close(this.#fd);
  }

  #sealed(ts: number): { seq: number; ts: number; prev: string; size: number; root: string } {
    return { seq: this.#seq, ts, prev: this.#chain.text, size: this.#chain.size, root: this.#chain.root() };
  }

  #putSigned(t: "h" | "c" | "z", text: string, secretKey: Uint8Array): void {
    const sig = sign(`azlog/1 ${t}\n${text}`, secretKey);
    this.#put(1 + this.#line.write(`${text}${toBase64(sig)}"}`, 1, "latin1"));
  }

  /** Writes the line that ends before `end`. */
  #put(end: number): void {
    // After a line that was lost the keys are one step ahead of the file: nothing may follow. Nor after a close.
    if (this.#finished) throw unwritable(this.#start.place.path, "the segment has ended");
    this.#line[end] = 0x0a;
    const bytes = this.#line.subarray(1, end + 1);
    let failure = this.#write(bytes);
    if (failure !== null) {
      // A short write is a failure, but its bytes are in the file: cut them off, make room, send the identical line.
      // Identical, because its key must never encrypt anything else.
      this.#truncate(failure);
      this.#start.onFull();
      failure = this.#write(bytes);
      this.#degraded = true;
      if (failure !== null) {
        this.#finished = true;
        this.#truncate(failure);
        throw unwritable(this.#start.place.path, failure);
      }
    }
    this.#bytes += bytes.length;
    this.#chain.push(this.#line.subarray(0, end));
  }

  /** Returns what went wrong, or `null`. */
  #write(bytes: Uint8Array): string | null {
    try {
      const stored = this.#start.files.write(this.#fd, bytes);
      return stored === bytes.length ? null : `only ${stored} of ${bytes.length} bytes were stored`;
    } catch (error) {
      return errorCode(error);
    }
  }

  #truncate(failure: string): void {
    try {
      this.#start.files.truncate(this.#fd, this.#bytes);
    } catch {
      this.#finished = true;
      throw unwritable(this.#start.place.path, failure);
    }
  }

  #destroy(): void {
    this.#ratchet.destroy();
    this.#epochSecret.fill(0);
  }
}

function plainFacts(writer: WriterFacts): WriterFacts {
  const { pid, start } = writer;
  const [ns, boot, version, runtime] = [writer.ns, writer.boot, writer.version, writer.runtime].map(recordText);
  return { pid, ns: ns ?? "", boot: boot ?? "", start, version: version ?? "", runtime: runtime ?? "" };
}

/**
 * Makes the key pair that signs the next checkpoint; the caller zeroes the secret once it has signed.
 *
 * @param random Gives the seed.
 * @returns The public key in base64, and the 64 bytes of the secret.
 */
export function newEpoch(random: Random): { readonly publicKey: string; readonly secret: Uint8Array } {
  const seed = random.bytes(32);
  const pair = sodium().crypto_sign_seed_keypair(seed);
  seed.fill(0);
  return { publicKey: toBase64(pair.publicKey), secret: pair.privateKey };
}
