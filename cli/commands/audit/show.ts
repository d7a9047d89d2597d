import { findCall, listSessionFiles, matches, proveEvent, readSession, type StoredEvent } from "../../../audit/mod.ts";
import { isId, type SessionId } from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { eventFields, eventJson, eventRow } from "./event-text.ts";
import { lockedError, refuseLocked } from "./locked.ts";
import { openReading, type Reading } from "./open-reading.ts";

interface Found {
  readonly session: SessionId;
  readonly events: readonly StoredEvent[];
  /** Something stood in the way of reading all of it. */
  readonly damage: string | null;
}

/** `audit show`: the decrypted events of a session, execution or call; with `--proof` the proof of one of them. */
export async function auditShow(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const reading = await openReading(context, input, "ask");
  const id = input.arg(0) ?? "";
  const found = isId("ses", id) ? await readOne(reading, id) : await findOne(reading, id);
  const seq = parseSeq(input.option("seq"));
  const events = found.events.filter((stored) =>
    (seq === null || stored.seq === seq) && matches(reading.filter, stored)
  );
  if (seq !== null && events.length === 0) {
    throw new CliError("NOT_FOUND", `Cannot show event ${seq}: "${id}" has no such event`, {
      hint: `see: agentzero audit show ${id}`,
    });
  }
  if (input.flag("proof")) return await printProof(context, reading, { found, events });
  // Of a damaged record we show what can be read, and say so below.
  if (found.damage === null) refuseLocked(reading, events);
  await reading.noteRead(found.session);
  const readable = events.filter(({ event }) => event !== null);
  if (context.json) { for (const event of readable) context.output.json(eventJson(event)); }
  else if (seq !== null) {
    context.output.table(events.flatMap(({ event }) => event === null ? [] : eventFields(seq, event)));
  } else context.output.table(readable.map(eventRow));
  if (found.damage === null) return EXIT.ok;
  context.output.note(`warning: the record is damaged (${found.damage}); see: agentzero audit verify ${found.session}`);
  return EXIT.integrity;
}

async function readOne(reading: Reading, session: SessionId): Promise<Found> {
  const files = listSessionFiles(reading.dir).find((each) => each.session === session);
  if (files === undefined) throw unknown(session);
  const events: StoredEvent[] = [];
  const read = await readSession(files, reading.secretOf, (stored) => events.push(stored));
  return { session, events, damage: read.problems[0]?.detail ?? null };
}

async function findOne(reading: Reading, id: string): Promise<Found> {
  if (!isId("exe", id) && !isId("call", id)) throw unknown(id);
  const { found, locked } = await findCall(reading.dir, reading.secretOf, id);
  if (found !== null) return { ...found, damage: null };
  if (locked > 0) throw lockedError(reading);
  throw unknown(id);
}

async function printProof(
  context: CommandContext,
  reading: Reading,
  { found, events }: { readonly found: Found; readonly events: readonly StoredEvent[] },
): Promise<ExitCode> {
  const first = events[0];
  if (first === undefined) throw unknown(found.session);
  const proof = await proveEvent(reading.dir, { session: found.session, seq: first.seq }, reading.secretOf);
  await reading.noteRead(found.session);
  context.output.json(proof);
  return EXIT.ok;
}

function parseSeq(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text);
  throw new CliError("USAGE", `Cannot use --seq "${text.slice(0, 40)}": expected the number of an event`);
}

function unknown(id: string): CliError {
  return new CliError("NOT_FOUND", `Cannot show "${id.slice(0, 64)}": it is not in this record`, {
    hint: "ids start with ses_, exe_ or call_; see: agentzero audit list",
  });
}
