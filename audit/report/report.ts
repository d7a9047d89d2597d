import type { StoredEvent } from "../read-session.ts";
import { renderReport, type ReportFacts } from "./render-report.ts";
import { ReportData } from "./report-data.ts";

/**
 * Makes the page of `audit report` from events, one by one.
 *
 * @example
 * ```ts
 * const report = new Report(false);
 * await walkSessions(options, (stored) => report.take(stored));
 * const page = report.render(facts); // "<!doctype html>…"
 * ```
 */
export class Report {
  readonly #data: ReportData;

  /**
   * Starts a page without events.
   *
   * @param everyEvent `true`: the page lists every event, not only what stands out.
   */
  constructor(everyEvent: boolean) {
    this.#data = new ReportData(everyEvent);
  }

  /** Takes the next event; one that our keys do not open is passed over. */
  take(stored: StoredEvent): void {
    this.#data.take(stored);
  }

  /** Renders one self-contained HTML page: no script, nothing loaded from elsewhere, every text escaped. */
  render(facts: ReportFacts): string {
    return renderReport(this.#data, facts);
  }
}
