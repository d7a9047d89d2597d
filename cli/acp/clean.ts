import type { Redactor } from "../../core/mod.ts";
import { sanitize, sanitizeLine } from "../term/sanitize.ts";

/** The one way out for text: clients log and forward what they get. */
export interface Clean {
  /** A text of several lines: secret values masked, control characters made visible. */
  text(text: string): string;
  /** One line, at most `max` characters. */
  line(text: string, max?: number): string;
  /** One line that editors draw as Markdown: no picture in it is fetched. */
  title(text: string): string;
  /** Masks only. */
  readonly mask: (text: string) => string;
  /** A path that an editor can open, or `null` where it holds something that may not leave or would not be seen. */
  path(path: string): string | null;
}

// Colours and cursor movements of a command's output: they mean nothing outside a terminal.
// oxlint-disable-next-line no-control-regex
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]P_^X][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-~])/g;

const MAX_LINE_CHARS = 120;

/**
 * Creates the way out of one session.
 *
 * @param redactor Knows the values of the session.
 * @returns The way out; what cannot be masked is withheld.
 */
export function createClean(redactor: Pick<Redactor, "mask">): Clean {
  function mask(text: string): string {
    try {
      return redactor.mask(text).text;
    } catch {
      return "(withheld: masking failed)";
    }
  }
  function line(text: string, max: number = MAX_LINE_CHARS): string {
    const shown = sanitizeLine(mask(text));
    return shown.length > max ? `${shown.slice(0, max - 1)}…` : shown;
  }
  return {
    mask,
    path: (path) => sanitizeLine(mask(path)) === path ? path : null,
    text: (text) => sanitize(mask(text.replaceAll(SEQUENCES, ""))),
    line,
    // Threat: a call whose argument is a picture's address that says what was read.
    title: (text) => line(text.replaceAll("![", "!\\[")),
  };
}
