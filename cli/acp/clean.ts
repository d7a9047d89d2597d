import type { Redactor } from "../../core/mod.ts";
import { sanitize, sanitizeLine } from "../term/sanitize.ts";

/** The one way out for text: clients log and forward what they get. */
export interface Clean {
  /** A text of several lines: secret values masked, control characters made visible. */
  text(text: string): string;
  /** One line, at most `max` characters. */
  line(text: string, max?: number): string;
  /** Masks only. */
  mask(text: string): string;
  /** A path that an editor can open, or `null` where it holds something that may not leave or would not be seen. */
  path(path: string): string | null;
}

// Colours and cursor movements of a command's output: they mean nothing outside a terminal.
// oxlint-disable-next-line no-control-regex
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]P_^X][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-~])/g;

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
  return {
    mask,
    path: (path) => sanitizeLine(mask(path)) === path ? path : null,
    text: (text) => sanitize(mask(text.replaceAll(SEQUENCES, ""))),
    line(text, max = 120): string {
      const line = sanitizeLine(mask(text));
      return line.length > max ? `${line.slice(0, max - 1)}…` : line;
    },
  };
}
