import { readFileSync } from "node:fs";
import { formatEventStart, formatHeader, formatSeal } from "../../../audit/format-record.ts";
import { formatLedgerStart, parseLedgerLine } from "../../../audit/ledger-line.ts";
import { parseRecord } from "../../../audit/parse-record.ts";
import type { LogRecord } from "../../../audit/record.ts";
import { toBase64 } from "../../../core/mod.ts";
import { parseHeader } from "../../../session/transcript/format.ts";
import { bytesOf, type FuzzTarget, textOf, violated } from "../target.ts";

const FOLDER = new URL("../../fixtures/azlog/", import.meta.url);

/** Lines of the record, of its ledgers and of transcripts. */
export function open(): FuzzTarget {
  const lines = [
    "ses_01KAHMQQ13ZSNTMYATVX1QS9TY.jsonl",
    "ses_01KAHMQQ13ZSNTMYATVX1QS9TY.2.jsonl",
    "HEADS",
    "user-HEADS",
  ]
    .flatMap((name) => readFileSync(new URL(name, FOLDER), "utf8").trimEnd().split("\n"));
  return {
    samples: lines.map(bytesOf),
    words:
      ('{"t":"e" {"t":"c" {"t":"z" {"t":"h" "seq": "ts": "prev": "clear": "ct": "size": "root": "sig": "exit":"ok" ' +
        '"event":"intent" "decision":"allow" "next": "seg": "prev_seg":null "to":[] azlog/1 azheads/1 "kind":"head"')
        .split(" "),
    check(input) {
      const line = Buffer.from(input).toString("latin1");
      const record = parseRecord(line);
      if (record.t !== "bad" && written(record) !== line) throw violated("a record has one spelling");
      const text = textOf(input);
      const entry = parseLedgerLine(text);
      if (entry !== null && `${formatLedgerStart(entry, entry)}${entry.sig}"}` !== text) {
        throw violated("an entry of a ledger has one spelling");
      }
      parseHeader(text);
      return record.t === "bad"
        ? entry === null ? `${record.code} ${record.why.slice(0, 60)}` : `ok ${entry.kind}`
        : `ok ${record.t}`;
    },
  };
}

function written(record: LogRecord): string {
  switch (record.t) {
    case "e":
      return `${formatEventStart(record)}${toBase64(record.ct)}"}`;
    case "c":
      return `${formatSeal(record, { next: record.next })}${record.sig}"}`;
    case "z":
      return `${formatSeal(record, { exit: record.exit })}${record.sig}"}`;
    case "h":
      return `${formatHeader(record)}${record.sig}"}`;
    default:
      return record satisfies never;
  }
}
