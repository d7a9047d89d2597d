/** Colours for text that was sanitised already. Never the only carrier of a meaning. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

/** No colours: pipes, `NO_COLOR`, dumb terminals. */
export const PLAIN: Style = { bold: same, dim: same, red: same, green: same, yellow: same };

const COLOURED: Style = {
  bold: (text) => wrap(text, 1, 22),
  dim: (text) => wrap(text, 2, 22),
  red: (text) => wrap(text, 31, 39),
  green: (text) => wrap(text, 32, 39),
  yellow: (text) => wrap(text, 33, 39),
};

/**
 * Chooses colours for a stream.
 *
 * @param env The environment: `NO_COLOR` (any text) turns them off, `FORCE_COLOR` on, `TERM=dumb` off.
 * @param terminal Whether the stream is a terminal.
 * @returns The style.
 */
export function styleFor(env: Readonly<Record<string, string | undefined>>, terminal: boolean): Style {
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "" && forced !== "0") return COLOURED;
  const off = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb" || forced === "0";
  return terminal && !off ? COLOURED : PLAIN;
}

function same(text: string): string {
  return text;
}

function wrap(text: string, on: number, off: number): string {
  return text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`;
}
