import { AuditError } from "./errors.ts";
import { DanglingCalls } from "./dangling.ts";
import { readEvent } from "./event-reader.ts";
import type { WriterFacts } from "./log.ts";
import { scanSegment, type SegmentScan } from "./scan-segment.ts";
import { openSegmentKeys, type SecretOf, type SegmentKeys } from "./segment-keys.ts";
import { firstPlace, placeAfter, type SegmentPlace } from "./segment-place.ts";
import type { SessionFiles } from "./session-files.ts";
import { liveness } from "./writer-facts.ts";

/** Where a session goes on. */
export interface Continuation {
  readonly place: SegmentPlace;
  /** Public key of the installation that wrote the last segment; `null` when there is none, or no header. */
  readonly identity: string | null;
  /** `null` when the last segment was closed; else what its writer left undone. */
  readonly broken: {
    /** Ids of calls whose effect may or may not have happened; `null` when we cannot read them. */
    readonly dangling: readonly string[] | null;
    readonly torn: number;
  } | null;
}

/**
 * Finds the sound end of a session, so that a next segment can continue it.
 *
 * @param dir The audit folder.
 * @param files The session's segments.
 * @param deps Who we are, and the reading keys.
 * @returns The place of the next segment.
 * @throws {AuditError} `SESSION_BUSY` when its writer may still live; a verify code when the record was changed.
 */
export function continueSession(
  dir: string,
  files: SessionFiles,
  deps: { readonly writer: WriterFacts; readonly secretOf: SecretOf },
): Continuation {
  const dangling = new DanglingCalls();
  let readable = true;
  let place = firstPlace(dir, files.session);
  let last: SegmentScan | null = null;
  for (const { seg, path } of files.segments) {
    if (seg !== place.seg) {
      throw damaged("SEGMENT_MISSING", files.session, `segment ${place.seg} is missing`);
    }
    const { scan, complete } = scanForDangling({ place, path, secretOf: deps.secretOf, dangling });
    const problem = scan.problems[0];
    if (problem !== undefined) throw damaged(problem.code, files.session, problem.detail);
    readable &&= complete;
    last = scan;
    place = placeAfter(place, scan.end, scan.closed !== null);
  }
  const identity = last?.header?.id ?? null;
  if (last === null || last.closed !== null) return { place, identity, broken: null };
  if (last.header !== null && liveness(last.header.writer, deps.writer) === "alive") {
    throw new AuditError(
      "SESSION_BUSY",
      `Cannot continue session "${files.session}": process ${last.header.writer.pid} writes it`,
      {
        hint: "end that session first, or start a new one",
      },
    );
  }
  return { place, identity, broken: { dangling: readable ? dangling.ids() : null, torn: last.torn } };
}

function scanForDangling(
  work: {
    readonly place: SegmentPlace;
    readonly path: string;
    readonly secretOf: SecretOf;
    readonly dangling: DanglingCalls;
  },
): { readonly scan: SegmentScan; readonly complete: boolean } {
  const { place } = work;
  let keys: SegmentKeys = { kind: "locked" };
  let header: SegmentScan["header"] = null;
  let complete = true;
  const scan = scanSegment({
    path: work.path,
    session: place.session,
    seg: place.seg,
    after: { chain: place.previous === null ? "" : chainOf(place), seq: place.seq },
    signatures: false,
    onHeader(found) {
      header = found;
      keys = openSegmentKeys(found, work.secretOf);
    },
    onEvent(record, line) {
      if (keys.kind !== "open" || header === null) {
        complete = false;
        return;
      }
      const read = readEvent(keys.ratchet, record, { header, line });
      if (read.kind === "event") work.dangling.take(read.event);
      else complete = false;
    },
  });
  return { scan, complete };
}

function chainOf(place: SegmentPlace): string {
  return `b2:${Buffer.from(place.chain).toString("hex")}`;
}

function damaged(code: AuditError["code"], session: string, detail: string): AuditError {
  return new AuditError(code, `Cannot continue session "${session}": ${detail}`, {
    hint: `see: agentzero audit verify ${session}`,
  });
}
