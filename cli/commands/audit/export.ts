import { createExporter, EXPORT_FORMATS, redactEvent, type StoredEvent, walkSessions } from "../../../audit/mod.ts";
import { isWord, nearestName } from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { CliError } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import { chooseOne } from "./choose-sessions.ts";
import { exitOf, lockedError } from "./locked.ts";
import { openReading, type Reading } from "./open-reading.ts";
import { renderPage } from "./report.ts";
import { writeDocument } from "./write-document.ts";

/** `audit export`: decrypted events for other tools. */
export async function auditExport(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const format = input.option("format") ?? "";
  if (!isWord(EXPORT_FORMATS, format)) {
    const near = nearestName(format, EXPORT_FORMATS);
    throw new CliError("USAGE", `Cannot export as "${format.slice(0, 40)}": unknown format`, {
      hint: near === null ? `one of: ${EXPORT_FORMATS.join(" ")}` : `did you mean "${near}"?`,
    });
  }
  const reading = await openReading(context, input, format === "otlp" ? "quietly" : "ask");
  const session = chooseOne(reading, input);
  if (format === "html") {
    const page = await renderPage(context, reading, { session, events: true, redact: input.flag("redact") });
    await reading.noteRead(session ?? undefined);
    await writeDocument(context, input, [page]);
    return EXIT.ok;
  }
  const exporter = createExporter(format, { version: VERSION });
  const show = redaction(context, input, reading);
  const pieces = [exporter.begin()];
  let locked = false;
  const { dir, secretOf, filter } = reading;
  const reads = await walkSessions({ dir, secretOf, filter, session }, (stored) => {
    // OTLP alone has a use for what stands in clear.
    if (stored.event === null && format !== "otlp") locked = true;
    else pieces.push(exporter.event(show(stored)));
  });
  const problems = reads.flatMap((read) => read.problems);
  if (locked && problems.length === 0) throw lockedError(reading);
  pieces.push(exporter.end());
  await reading.noteRead(session ?? undefined);
  await writeDocument(context, input, pieces);
  return exitOf(context, problems);
}

/** With `--redact`: what turns free text into tags; the key of another installation's log is drawn anew each time. */
export function redaction(
  context: CommandContext,
  input: CommandInput,
  reading: Reading,
): (stored: StoredEvent) => StoredEvent {
  if (!input.flag("redact")) return (stored) => stored;
  const key = reading.keys?.tag ?? context.system.random.bytes(32);
  return (stored) => redactEvent(stored, key);
}
