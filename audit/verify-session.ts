import { basename } from "node:path";
import type { SessionId } from "../core/mod.ts";
import { type Checked, SessionDecryptor } from "./decrypt-events.ts";
import { AuditError } from "./errors.ts";
import { segmentName } from "./format-record.ts";
import type { LedgerRecord } from "./ledger-line.ts";
import { peekHeader } from "./peek-header.ts";
import type { Problem } from "./problem.ts";
import type { PreviousSegment } from "./record.ts";
import { scanSegment, type SegmentScan } from "./scan-segment.ts";
import type { SecretOf } from "./segment-keys.ts";
import type { SessionFiles } from "./session-files.ts";

/** A state that a ledger or anchor has seen. */
export interface SeenHead {
  /** Name of the ledger, for people. */
  readonly by: string;
  readonly record: LedgerRecord;
}

/** What verifying one session found. */
export interface SessionReport {
  /** The session, which need not exist: a ledger may remember one that is gone. */
  readonly session: SessionId;
  /** `true` when there is no problem. */
  readonly ok: boolean;
  /** Sound events. */
  readonly events: number;
  /** `true` when it was ended properly; `false` while it runs, and after a crash. */
  readonly closed: boolean;
  /** Chain value after the last sound record; `null` when there is none. */
  readonly head: string | null;
  /** What does not hold, in the order it was found. */
  readonly problems: readonly Problem[];
  /** What was looked at: form, chain and signatures; the tail decrypted too; or everything. */
  readonly checked: Checked;
  /** Number of its files; 0 when it is gone. */
  readonly segments: number;
  /** Allowed calls without result; `null` when not everything was decrypted. */
  readonly dangling: number | null;
  /** Lines that a writer did not finish. */
  readonly torn: number;
}

/** Up to so many events are all decrypted without being asked to. */
export const FULL_EVENTS = 20_000;

/** What a session is verified against. */
export interface SessionCheck {
  readonly files: SessionFiles;
  /** Every state that ledgers and anchors have seen of it. */
  readonly heads: readonly SeenHead[];
  /** Base64 of the signing keys that may have written it; `null` accepts any. */
  readonly signers: readonly string[] | null;
  readonly secretOf: SecretOf;
  /** Most events to decrypt; 0 for none at all. */
  readonly decrypt: number;
}

/**
 * Verifies the segments of one session against each other and against what ledgers have seen.
 *
 * @param check The session and what is known of it.
 * @returns The report; its `problems` do not yet say whether the ledgers agree with each other.
 */
export function verifySession(check: SessionCheck): SessionReport {
  return new SessionCheckRun(check).run();
}

class SessionCheckRun {
  readonly #check: SessionCheck;
  readonly #problems: Problem[] = [];
  readonly #decryptor: SessionDecryptor;
  #events = 0;
  #torn = 0;

  constructor(check: SessionCheck) {
    this.#check = check;
    this.#decryptor = new SessionDecryptor(check.decrypt === 0 ? () => null : check.secretOf, check.decrypt);
  }

  run(): SessionReport {
    const { files } = this.#check;
    const last = this.#walk();
    this.#decryptor.finish();
    this.#findMissingSegments();
    const problems = [...this.#problems, ...this.#decryptor.problems];
    return {
      session: files.session,
      ok: problems.length === 0,
      events: this.#events,
      closed: last !== null && last.closed !== null && last.closed !== "rotated",
      head: last === null || last.end.size === 0 ? null : last.end.head,
      problems,
      checked: this.#check.decrypt === 0 ? "public" : this.#decryptor.checked,
      segments: files.segments.length,
      dangling: this.#decryptor.dangling?.length ?? null,
      torn: this.#torn,
    };
  }

  #walk(): SegmentScan | null {
    const { segments } = this.#check.files;
    let before: SegmentScan | null = null;
    for (const [index, { seg, path }] of segments.entries()) {
      const next = segments[index + 1];
      const noted = next === undefined ? null : peekHeader(next.path)?.prev_seg ?? null;
      const scan = this.#scan({ seg, path, noted, before });
      if (scan === null) continue;
      if (before !== null) this.#checkLink(scan, before);
      this.#checkHeads(seg, scan);
      before = scan;
    }
    return before;
  }

  #scan(
    at: {
      readonly seg: number;
      readonly path: string;
      readonly noted: PreviousSegment | null;
      readonly before: SegmentScan | null;
    },
  ): SegmentScan | null {
    const { session } = this.#check.files;
    const sizes = this.#headsOf(at.seg).map(({ record }) => record.size ?? 0);
    try {
      const scan = scanSegment({
        path: at.path,
        session,
        seg: at.seg,
        after: at.before === null ? null : { chain: at.before.end.head, seq: at.before.end.seq },
        signatures: true,
        wanted: new Set(at.noted === null ? sizes : [...sizes, at.noted.size]),
        until: at.noted?.bytes,
        onHeader: (header) => this.#decryptor.takeHeader(header),
        onEvent: (record, line) => this.#decryptor.takeEvent(record, line),
        onSeal: () => this.#decryptor.takeSeal(),
      });
      this.#problems.push(...scan.problems);
      this.#checkSigner(scan);
      if (at.noted !== null) this.#checkNoted(scan, at.noted);
      this.#events = Math.max(this.#events, scan.end.seq);
      this.#torn += scan.torn > 0 ? 1 : 0;
      return scan;
    } catch (error) {
      if (!(error instanceof AuditError)) throw error;
      this.#note("FORMAT_UNKNOWN", null, error.message);
      return null;
    }
  }

  /** Threat: a whole record, sound in itself, signed by a key that somebody made for the purpose. */
  #checkSigner({ header }: SegmentScan): void {
    const { signers } = this.#check;
    if (header === null || signers === null || signers.includes(header.id)) return;
    this.#note("HEADER_SIG", header.seq, `segment ${header.seg} is signed by another installation`);
  }

  /** The next segment has noted how this one ended: what stands behind that is a second history. */
  #checkNoted(scan: SegmentScan, noted: PreviousSegment): void {
    const state = scan.end.size === noted.size ? scan.end : scan.states.get(noted.size);
    if (state === undefined) {
      if (scan.problems.length === 0) {
        this.#note("TRUNCATED", scan.end.seq, `the next segment has seen ${noted.size} records of this one`);
      }
    } else if (state.root !== noted.root || state.bytes !== noted.bytes || (scan.closed !== null) !== noted.closed) {
      this.#note("FORKED", state.seq, "the next segment continues another history");
    }
  }

  #checkLink(scan: SegmentScan, before: SegmentScan): void {
    const { header } = scan;
    if (header === null) return;
    if (header.prev_seg?.file === segmentName(header.session, header.seg - 1)) return;
    this.#note("CHAIN_BROKEN", header.seq, `segment ${header.seg} does not name "${basename(before.path)}"`);
  }

  #checkHeads(seg: number, scan: SegmentScan): void {
    let missed: SeenHead | null = null;
    for (const seen of this.#headsOf(seg)) {
      const { size, root, head, seq } = seen.record;
      const state = scan.states.get(size ?? 0);
      if (state === undefined) {
        if ((missed?.record.size ?? 0) < (size ?? 0)) missed = seen;
      } else if (state.root !== root || state.head !== head || state.seq !== seq) {
        this.#note("FORKED", state.seq, `${seen.by} has seen another history up to event ${seq ?? 0}`);
      }
    }
    // A walk that had to stop says nothing about what stands behind.
    if (missed === null || scan.problems.some(({ code }) => STOPS.has(code))) return;
    this.#note("TRUNCATED", scan.end.seq, `${missed.by} has ${missed.record.seq ?? 0}`);
  }

  #findMissingSegments(): void {
    const present = new Set(this.#check.files.segments.map(({ seg }) => seg));
    const highest = Math.max(...present, ...this.#check.heads.map(({ record }) => record.seg ?? 0));
    for (let seg = 1; seg <= highest && this.#problems.length < 100; seg++) {
      if (!present.has(seg)) this.#note("SEGMENT_MISSING", null, `segment ${seg} is not there`);
    }
  }

  #headsOf(seg: number): readonly SeenHead[] {
    return this.#check.heads.filter(({ record }) => record.seg === seg);
  }

  #note(code: Problem["code"], seq: number | null, detail: string): void {
    if (this.#problems.some((problem) => problem.code === code && problem.detail === detail)) return;
    this.#problems.push({ code, seq, detail });
  }
}

const STOPS: ReadonlySet<string> = new Set([
  "FORMAT_UNKNOWN",
  "LINE_INVALID",
  "CHAIN_BROKEN",
  "SEQ_GAP",
  "AFTER_CLOSE",
  "FORKED",
]);
