import type { StoredEvent } from "../read-session.ts";
import { csvExporter } from "./csv.ts";
import { ocsfExporter } from "./ocsf.ts";
import { otlpExporter } from "./otlp.ts";

/** Formats that events are handed out in; `html` is the page of `report` with every event in it. */
export const EXPORT_FORMATS = ["jsonl", "csv", "html", "ocsf", "otlp"] as const;
/** One of {@link EXPORT_FORMATS}. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Writes events as text, piece by piece. */
export interface Exporter {
  /** What stands before the first event. */
  begin(): string;
  /** One event; empty when the format has no place for it. */
  event(stored: StoredEvent): string;
  /** What stands after the last event. */
  end(): string;
}

/** What an export says about its origin. */
export interface ExportOrigin {
  /** Version of this program. */
  readonly version: string;
}

/**
 * Creates the writer of a format.
 *
 * @param format Which; `html` is not written event by event, see `renderReport()`.
 * @param origin What wrote the events.
 * @returns The exporter.
 */
export function createExporter(format: Exclude<ExportFormat, "html">, origin: ExportOrigin): Exporter {
  switch (format) {
    case "jsonl":
      return jsonlExporter();
    case "csv":
      return csvExporter();
    case "ocsf":
      return ocsfExporter(origin);
    case "otlp":
      return otlpExporter(origin);
    default:
      return format satisfies never;
  }
}

function jsonlExporter(): Exporter {
  return {
    begin: () => "",
    event: ({ seq, event }) => event === null ? "" : `${JSON.stringify({ seq, ...event })}\n`,
    end: () => "",
  };
}
