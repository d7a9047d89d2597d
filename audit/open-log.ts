import { join } from "node:path";
import { loadSodium, type SessionId, toBase64 } from "../core/mod.ts";
import { checkSpace, freeReserve, makeReserve } from "./reserve.ts";
import type { AuditEvent } from "./event.ts";
import { headEntry } from "./head-entry.ts";
import { appendToAll, openLedgers, userLedgerPath } from "./ledgers.ts";
import { type LogFiles, NODE_FILES } from "./log-files.ts";
import type { AuditLog, AuditLogOptions } from "./log.ts";
import { lastLedgerLine, mendLedgers } from "./mend-ledgers.ts";
import { peekHeader } from "./peek-header.ts";
import { chooseReaders } from "./readers.ts";
import { abandonedSessions, describeBroken, isTheirs } from "./recover.ts";
import { type Continuation, continueSession } from "./resume.ts";
import { firstPlace, type SegmentPlace } from "./segment-place.ts";
import { SegmentWriter } from "./segment-writer.ts";
import { listSessionFiles, prepareFolder, segmentPath } from "./session-files.ts";
import { SessionLog } from "./session-log.ts";
import { CLEAR_FIELDS } from "./settings.ts";
import { diskFull } from "./write-failure.ts";
import { liveness } from "./writer-facts.ts";

/**
 * Opens the record of a session and writes its first event.
 *
 * A session that exists already is continued in a new segment. Sessions of the same folder whose writer died are closed
 * on the way, so that what they left dangling stands in their record.
 *
 * @param options Where, for whom, with which keys.
 * @returns The open log.
 * @throws {AuditError} `AUDIT_UNWRITABLE`, `AUDIT_FULL`, `LOG_UNSAFE`, `SESSION_BUSY`, `CONFIG_INVALID`, or a verify code
 * when the session to go on with was changed.
 */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  await loadSodium();
  const opener = new Opener(options);
  opener.prepare();
  await opener.recoverOthers();
  if (options.settings.prune === "auto") await opener.prune();
  const warnings = checkSpace(options.dir, options.settings.max_bytes);
  return await opener.start(options.session, warnings);
}

class Opener {
  readonly #options: AuditLogOptions;
  readonly #files: LogFiles;

  constructor(options: AuditLogOptions) {
    // The format knows one order of names, a configuration file may use any.
    const clear = CLEAR_FIELDS.filter((name) => options.settings.clear.includes(name));
    this.#options = { ...options, settings: { ...options.settings, clear } };
    this.#files = options.files ?? NODE_FILES;
  }

  prepare(): void {
    const { dir, home, random } = this.#options;
    prepareFolder(dir);
    prepareFolder(join(home, "trust"));
    makeReserve(dir, this.#files, random);
  }

  async recoverOthers(): Promise<void> {
    const { dir, session, writer, keys } = this.#options;
    for (const files of abandonedSessions(dir, writer)) {
      if (files.session === session) continue;
      try {
        await this.#mend(files.session);
        const found = this.#continue(files.session);
        // Without any event there is nothing to recover; a copy from another installation is not ours to go on with.
        if (found.broken === null || found.place.seq === 0) continue;
        if (found.identity !== toBase64(keys.auditSign.publicKey)) continue;
        const log = await this.#openAt(found.place, { session: files.session, warnings: [] });
        log.append({ event: "session.recovered", reason: describeBroken(found.broken) });
        await log.close("interrupted");
      } catch (error) {
        if (!isTheirs(error)) throw error;
      }
    }
  }

  async prune(): Promise<void> {
    const { pruneSessions } = await import("./prune.ts");
    const ledgers = openLedgers(this.#options, this.#files);
    try {
      await pruneSessions(this.#options, async (entries) => {
        if ((await appendToAll(ledgers, entries, true)).degraded) throw diskFull();
      });
    } finally {
      for (const ledger of ledgers) ledger.close();
    }
  }

  async start(session: SessionId, warnings: readonly string[]): Promise<AuditLog> {
    const { settings, writer, start } = this.#options;
    const found = this.#continue(session);
    await this.#mendLast();
    const log = await this.#openAt(found.place, { session, warnings });
    if (found.broken !== null) log.append({ event: "session.recovered", reason: describeBroken(found.broken) });
    const facts = `agentzero ${writer.version}, ${writer.runtime}; sync ${settings.sync}; readers ${this.#readerIds()}`;
    const reason = start?.reason == null ? facts : `${facts}; ${start.reason}`;
    const first: AuditEvent = { policy: this.#options.policy, ...start, event: "session.start", reason };
    log.append(first);
    return log;
  }

  /** The writer of the last line may have died before it wrote the twin in the other ledger. */
  async #mendLast(): Promise<void> {
    const { dir, writer } = this.#options;
    const { session, seg } = lastLedgerLine(join(dir, "HEADS")) ?? {};
    if (session === undefined || seg === undefined) return;
    const header = peekHeader(segmentPath(dir, session, seg));
    if (header !== null && liveness(header.writer, writer) === "dead") await this.#mend(session);
  }

  async #mend(session: SessionId): Promise<void> {
    const { dir, home } = this.#options;
    const [project, user] = openLedgers(this.#options, this.#files);
    try {
      await mendLedgers({
        project: { path: join(dir, "HEADS"), ledger: project },
        user: { path: userLedgerPath(home), ledger: user },
      }, session);
    } finally {
      project.close();
      user.close();
    }
  }

  #continue(session: SessionId): Continuation {
    const { dir, writer, keys } = this.#options;
    const files = listSessionFiles(dir).find((each) => each.session === session);
    if (files === undefined) return { place: firstPlace(dir, session), identity: null, broken: null };
    return continueSession(dir, files, {
      writer,
      secretOf: (kid) => keys.auditBoxSecret(kid),
    });
  }

  async #openAt(
    place: SegmentPlace,
    about: { readonly session: SessionId; readonly warnings: readonly string[] },
  ): Promise<SessionLog> {
    const { dir } = this.#options;
    const ledgers = openLedgers(this.#options, this.#files);
    const segment = this.#openSegment(place);
    try {
      // In both ledgers before the first event: a session that nobody lists could be deleted unseen.
      const { degraded } = await appendToAll(ledgers, [headEntry("open", place, segment.head())]);
      if (degraded) throw diskFull();
    } catch (error) {
      segment.end();
      throw error;
    }
    return new SessionLog({ ...this.#options, session: about.session }, {
      place,
      segment,
      warnings: about.warnings,
      sinks: {
        openSegment: (next) => this.#openSegment(next),
        appendHeads: (entries) => appendToAll(ledgers, entries),
        freeReserve: () => freeReserve(dir),
        end: () => ledgers.forEach((ledger) => ledger.close()),
      },
    });
  }

  #openSegment(place: SegmentPlace): SegmentWriter {
    const { clock, writer, policy, settings, keys, random, dir } = this.#options;
    return new SegmentWriter({
      place,
      created: Math.max(0, Math.floor(clock.now())),
      writer,
      policy,
      clear: settings.clear,
      readers: chooseReaders(settings, keys),
      identity: keys.auditSign,
      random,
      files: this.#files,
      onFull: () => freeReserve(dir),
    });
  }

  #readerIds(): string {
    return chooseReaders(this.#options.settings, this.#options.keys).map((reader) => reader.kid).join(",");
  }
}
