import { setTimeout as sleep } from "node:timers/promises";
import { matches, needsContent, SessionTail, type StoredEvent } from "../../../audit/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { newestSession } from "./choose-sessions.ts";
import { eventJson, eventRow } from "./event-text.ts";
import { openReading, type Reading } from "./open-reading.ts";

const POLL_MS = 250;
const MAX_LINES = 1_000_000;

/** `audit tail`: the newest events of the newest session; while the key is locked, what stands in clear. */
export async function auditTail(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const count = parseCount(input.option("lines") ?? "20");
  const reading = await openReading(context, input, "quietly");
  const session = newestSession(reading);
  await reading.noteRead(session);
  const tail = new SessionTail(reading.dir, reading.secretOf);
  const { filter } = reading;
  const unfiltered = !needsContent(filter) && filter.since === undefined && filter.until === undefined;
  const first = wanted(reading, await tail.read({ last: unfiltered ? count : Infinity })).slice(-count);
  print(context, count === 0 ? [] : first);
  if (first.some(({ event }) => event === null)) {
    context.output.note("the events are locked; shown is what stands in clear");
  }
  if (!input.flag("follow")) return EXIT.ok;
  while (!context.signal.aborted) {
    await sleep(POLL_MS, undefined, { signal: context.signal }).catch(() => null);
    print(context, wanted(reading, await tail.read()));
  }
  return EXIT.interrupted;
}

function wanted(reading: Reading, events: readonly StoredEvent[]): readonly StoredEvent[] {
  return events.filter((stored) => matches(reading.filter, stored));
}

function print(context: CommandContext, events: readonly StoredEvent[]): void {
  if (context.json) { for (const event of events) context.output.json(eventJson(event)); }
  else if (events.length > 0) context.output.table(events.map(eventRow));
}

function parseCount(text: string): number {
  const count = /^[0-9]{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= MAX_LINES) return count;
  throw new CliError("USAGE", `Cannot use -n "${text.slice(0, 40)}": expected a number up to ${MAX_LINES}`);
}
