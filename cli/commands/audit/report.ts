import { basename } from "node:path";
import { redactEvent, Report, verify, walkSessions } from "../../../audit/mod.ts";
import type { SessionId } from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { VERSION } from "../../version.ts";
import { chooseOne } from "./choose-sessions.ts";
import { lockedError } from "./locked.ts";
import { openReading, type Reading } from "./open-reading.ts";
import { writeDocument } from "./write-document.ts";

/** `audit report`: one self-contained page for people. */
export async function auditReport(context: CommandContext, input: CommandInput): Promise<void> {
  const reading = await openReading(context, input, "ask");
  const session = chooseOne(reading, input);
  const page = await renderPage(context, reading, { session, events: false, redact: input.flag("redact") });
  await reading.noteRead(session ?? undefined);
  await writeDocument(context, input, [page]);
}

/**
 * Renders the page of one or all sessions, with what verifying them gave.
 *
 * @param context The command's context.
 * @param reading The record.
 * @param want Which session, `null` for all; whether every event is listed; whether free text becomes tags.
 * @returns HTML.
 * @throws {AuditError} `AUDIT_LOCKED` when any event is closed to us.
 */
export async function renderPage(
  context: CommandContext,
  reading: Reading,
  want: { readonly session: SessionId | null; readonly events: boolean; readonly redact: boolean },
): Promise<string> {
  const { dir, secretOf, filter, keys, home, project } = reading;
  const report = new Report(want.events);
  const tagKey = keys?.tag ?? context.system.random.bytes(32);
  let locked = false;
  const reads = await walkSessions({ dir, secretOf, filter, session: want.session }, (stored) => {
    if (stored.event === null) locked = true;
    else report.take(want.redact ? redactEvent(stored, tagKey) : stored);
  });
  // Of a damaged record the page shows what can be read, and says first of all that it is damaged.
  if (locked && reads.every(({ problems }) => problems.length === 0)) throw lockedError(reading);
  const verified = await verify({
    dir,
    home,
    project,
    session: want.session ?? undefined,
    identity: keys?.auditSign.publicKey ?? null,
    secretOf,
  });
  // A time span leaves out sessions that have nothing in it; one that is gone stays, since nobody can look into it.
  const shown = new Set(reads.map(({ session }) => session));
  const sessions = verified.sessions.filter(({ session, segments }) => segments === 0 || shown.has(session));
  return report.render({
    title: want.redact ? "one project" : basename(project),
    verified: { ...verified, sessions, ok: verified.problems.length === 0 && sessions.every(({ ok }) => ok) },
    made: context.system.clock.now(),
    version: VERSION,
    signer: keys?.auditSign.kid ?? null,
    redacted: want.redact,
  });
}
