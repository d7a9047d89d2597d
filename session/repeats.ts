/** Watches for a model that does the same thing over and over. */
export interface Repeats {
  /** Says whether a call is the third of its kind in a row: it is not run, the model is told. */
  isRepeated(tool: string, args: unknown): boolean;
  /** Takes in how it ended; `true` after the fifth in a row: the reply ends. */
  note(tool: string, args: unknown, outcome: string): boolean;
}

const NOT_RUN_AFTER = 3;
const STOP_AFTER = 5;

/**
 * Creates the watch of one prompt.
 *
 * @returns The watch.
 */
export function createRepeats(): Repeats {
  let last = "";
  let outcomeOfLast = "";
  let times = 0;

  return {
    isRepeated: (tool, args) => key(tool, args) === last && times >= NOT_RUN_AFTER,
    note(tool, args, outcome): boolean {
      const current = key(tool, args);
      const same = current === last && (outcome === outcomeOfLast || times >= NOT_RUN_AFTER);
      times = same ? times + 1 : 1;
      last = current;
      outcomeOfLast = outcome;
      return times >= STOP_AFTER;
    },
  };
}

function key(tool: string, args: unknown): string {
  return `${tool}\n${JSON.stringify(args)}`;
}
