import { fromBase64, type SessionId, verifySignature } from "../core/mod.ts";
import { Chain, chainText, ZERO_CHAIN } from "./chain.ts";
import type { ProblemCode } from "./errors.ts";
import { MAX_LINE_BYTES, SIGNATURE_TAIL } from "./grammar.ts";
import { parseRecord } from "./parse-record.ts";
import type { Problem } from "./problem.ts";
import { type LineView, readLines } from "./read-lines.ts";
import type { CheckpointRecord, CloseRecord, CloseWord, EventRecord, HeaderRecord } from "./record.ts";

/** The state of a segment after a number of records. */
export interface SegmentState {
  readonly size: number;
  readonly root: string;
  readonly head: string;
  readonly seq: number;
  /** Bytes of these records. */
  readonly bytes: number;
}

/** What is known of one segment after one walk over it. */
export interface SegmentScan {
  readonly path: string;
  /** `null` when the file ends inside its first line, or that line is no header. */
  readonly header: HeaderRecord | null;
  /** After the last sound record. */
  readonly end: SegmentState;
  readonly closed: CloseWord | null;
  /** Time of the first and the last record, in ms. */
  readonly times: readonly [number, number] | null;
  /** Bytes after the last newline of an open segment: a line that its writer did not finish. */
  readonly torn: number;
  /** Size at the last checkpoint, or 1. */
  readonly sealed: number;
  /** States that were asked for and reached. */
  readonly states: ReadonlyMap<number, SegmentState>;
  readonly problems: readonly Problem[];
}

/** What to look at besides. */
export interface ScanOptions {
  readonly path: string;
  readonly session: SessionId;
  readonly seg: number;
  /** State at the end of the earlier segment; `null` when it is not known: then the header is believed. */
  readonly after: { readonly chain: string; readonly seq: number } | null;
  /** `false` leaves the signatures out: quicker, for readers that have checked or do not care. */
  readonly signatures: boolean;
  /** Sizes at which the state is wanted. */
  readonly wanted?: ReadonlySet<number>;
  /** Where the next segment says that this one ends: a whole line from this offset on is a second history. */
  readonly until?: number | undefined;
  /** Sees the header before any event. */
  readonly onHeader?: (header: HeaderRecord) => void;
  /** Sees each event that the chain covers; the view is only valid during the call. */
  readonly onEvent?: (event: EventRecord, line: LineView) => void;
  /** Told when a checkpoint or close record covers everything before it. */
  readonly onSeal?: () => void;
  /** Sees each sound line of any kind, with its leaf hash. */
  readonly onLine?: (line: LineView, leaf: Uint8Array) => void;
}

/**
 * Walks once over a segment and checks its form, chain, numbers, roots and signatures.
 *
 * The walk ends at the first line that breaks form, chain or numbering, since nothing after it can be placed; a wrong
 * root or signature is noted and the walk goes on.
 *
 * @param options Which file, and what to look at.
 * @returns All that was found; never throws for what stands in the file.
 * @throws {AuditError} `NOT_FOUND` or `LOG_UNSAFE` when it cannot be read.
 */
export function scanSegment(options: ScanOptions): SegmentScan {
  const walk = new Walk(options);
  const end = readLines(options.path, MAX_LINE_BYTES, (line) => walk.take(line));
  return walk.finish(end.torn);
}

class Walk {
  readonly #options: ScanOptions;
  readonly #problems: Problem[] = [];
  readonly #states = new Map<number, SegmentState>();
  #chain: Chain | null = null;
  #header: HeaderRecord | null = null;
  #epoch: Uint8Array | null = null;
  #closed: CloseWord | null = null;
  #seq = 0;
  #bytes = 0;
  #sealed = 1;
  #last = 0;

  constructor(options: ScanOptions) {
    this.#options = options;
    this.#seq = options.after?.seq ?? 0;
  }

  /** Takes one line; `false` when the walk cannot go on. */
  take(line: LineView): boolean {
    if (line.offset >= (this.#options.until ?? Infinity)) {
      return this.#stop("FORKED", "lines were added after the next segment had noted the end of this one");
    }
    if (this.#closed !== null) return this.#stop("AFTER_CLOSE", "something stands after the close record");
    if (line.end - line.start > MAX_LINE_BYTES) return this.#stop("LINE_INVALID", "a line is too long");
    const record = parseRecord(line.buffer.toString("latin1", line.start, line.end));
    if (record.t === "bad") return this.#stop(record.code, `record ${this.#size()} ${record.why}`);
    if (record.t === "h") return this.#takeHeader(record, line);
    const chain = this.#chain;
    if (chain === null) return this.#stop("LINE_INVALID", "the first line is no header");
    if (record.prev !== chain.text) {
      return this.#stop("CHAIN_BROKEN", `record ${chain.size} does not follow the one before it`);
    }
    if (record.t === "e") {
      if (record.seq !== this.#seq + 1) {
        return this.#stop("SEQ_GAP", `event ${record.seq} stands where ${this.#seq + 1} should`);
      }
      this.#seq = record.seq;
      this.#options.onEvent?.(record, line);
    } else if (!this.#takeSeal(record, line, chain)) return false;
    this.#last = record.ts;
    this.#push(line, chain);
    return true;
  }

  finish(torn: number): SegmentScan {
    if (torn > 0 && this.#closed !== null) this.#stop("AFTER_CLOSE", "something stands after the close record");
    return {
      path: this.#options.path,
      header: this.#header,
      end: this.#state(),
      closed: this.#closed,
      times: this.#header === null ? null : [this.#header.created, this.#last],
      torn: this.#closed === null ? torn : 0,
      sealed: this.#sealed,
      states: this.#states,
      problems: this.#problems,
    };
  }

  #takeHeader(header: HeaderRecord, line: LineView): boolean {
    const { session, seg, after } = this.#options;
    if (this.#chain !== null) return this.#stop("LINE_INVALID", "a second header");
    if (header.session !== session || header.seg !== seg) {
      return this.#stop("LINE_INVALID", `the header is that of ${header.session}, segment ${header.seg}`);
    }
    const wrong = misplaced(header, after);
    if (wrong !== null) return this.#stop(wrong, "the header does not continue the segment before it");
    if (!this.#isSigned(header, line, fromBase64(header.id))) {
      this.#note("HEADER_SIG", "the signature of the header is wrong");
    }
    this.#header = header;
    this.#seq = header.seq;
    this.#epoch = fromBase64(header.pk);
    this.#last = header.created;
    this.#chain = new Chain(new Uint8Array(Buffer.from(header.prev.slice(3), "hex")));
    this.#push(line, this.#chain);
    this.#options.onHeader?.(header);
    return true;
  }

  #takeSeal(record: CheckpointRecord | CloseRecord, line: LineView, chain: Chain): boolean {
    if (record.seq !== this.#seq) {
      return this.#stop("SEQ_GAP", `a checkpoint names event ${record.seq} instead of ${this.#seq}`);
    }
    if (record.size !== chain.size || record.root !== chain.root()) {
      this.#note("ROOT_MISMATCH", `the checkpoint after event ${this.#seq} has another root`);
    }
    if (!this.#isSigned(record, line, this.#epoch)) {
      this.#note("CHECKPOINT_SIG", `the checkpoint after event ${this.#seq} is not signed by its epoch`);
    }
    if (record.t === "c") this.#epoch = fromBase64(record.next);
    else this.#closed = record.exit;
    this.#sealed = chain.size + 1;
    this.#options.onSeal?.();
    return true;
  }

  #isSigned(
    record: { readonly t: string; readonly sig: string },
    line: LineView,
    publicKey: Uint8Array | null,
  ): boolean {
    if (!this.#options.signatures) return true;
    const signature = fromBase64(record.sig);
    if (signature === null || publicKey === null) return false;
    const text = line.buffer.toString("latin1", line.start, line.end - SIGNATURE_TAIL);
    return verifySignature(signature, `azlog/1 ${record.t}\n${text}`, publicKey);
  }

  #push(line: LineView, chain: Chain): void {
    // A leaf is hashed with a byte 0x00 in front of the line; the place before it is ours.
    line.buffer[line.start - 1] = 0;
    const leaf = chain.push(line.buffer.subarray(line.start - 1, line.end));
    this.#bytes = line.offset + line.end + 1 - line.start;
    if (this.#options.wanted?.has(chain.size) === true) this.#states.set(chain.size, this.#state());
    this.#options.onLine?.(line, leaf);
  }

  #state(): SegmentState {
    // Before any record the state is that of the segment before.
    const chain = this.#chain ?? { root: () => new Chain(ZERO_CHAIN).root(), text: this.#options.after?.chain };
    const head = chain.text ?? chainText(ZERO_CHAIN);
    return { size: this.#size(), root: chain.root(), head, seq: this.#seq, bytes: this.#bytes };
  }

  #size(): number {
    return this.#chain?.size ?? 0;
  }

  #note(code: ProblemCode, detail: string): void {
    this.#problems.push({ code, seq: this.#seq, detail });
  }

  #stop(code: ProblemCode, detail: string): false {
    this.#note(code, detail);
    return false;
  }
}

function misplaced(header: HeaderRecord, after: ScanOptions["after"]): ProblemCode | null {
  if (header.seg === 1) {
    if (header.prev_seg !== null || !/^b2:0{64}$/.test(header.prev)) return "CHAIN_BROKEN";
    return header.seq === 0 ? null : "SEQ_GAP";
  }
  if (header.prev_seg === null) return "CHAIN_BROKEN";
  if (after === null) return null;
  if (header.prev !== after.chain) return "CHAIN_BROKEN";
  return header.seq === after.seq ? null : "SEQ_GAP";
}
