import { shape } from "../../core/mod.ts";
import { type FromGuest, LOG_LEVELS } from "./guest/messages.ts";

const count = shape.integer({ min: 0 });
const run = shape.integer({ min: 1 });

const MESSAGES: Readonly<Record<FromGuest["kind"], shape.Shape<FromGuest>>> = {
  loaded: shape.object({ kind: shape.oneOf("loaded") }),
  unloadable: shape.object({ kind: shape.oneOf("unloadable"), reason: shape.string() }),
  call: shape.object({
    kind: shape.oneOf("call"),
    run,
    seq: run,
    iface: shape.string({ max: 64 }),
    func: shape.string({ max: 64 }),
    args: shape.list(shape.anything(), { max: 8 }),
  }),
  log: shape.object({
    kind: shape.oneOf("log"),
    run,
    line: shape.object({ level: shape.oneOf(...LOG_LEVELS), message: shape.string() }),
  }),
  done: shape.object({
    kind: shape.oneOf("done"),
    run,
    end: shape.union<Extract<FromGuest, { kind: "done" }>["end"]>("kind", {
      output: shape.object({ kind: shape.oneOf("output"), text: shape.string() }),
      error: shape.object({
        kind: shape.oneOf("error"),
        text: shape.string(),
        stage: shape.oneOf("load", "run"),
      }),
      failed: shape.object({
        kind: shape.oneOf("failed"),
        code: shape.oneOf("CANCELLED", "LIMIT_CALLS", "LIMIT_FUEL", "LIMIT_OUTPUT", "LIMIT_TIME", "WASM_TRAP"),
        reason: shape.string({ max: 2000 }),
        hint: shape.nullable(shape.string({ max: 500 })),
      }),
    }),
    fuelUsed: count,
    calls: count,
    memoryBytes: count,
    logCut: shape.flag(),
  }),
};
const message = shape.union<FromGuest>("kind", MESSAGES);

/**
 * Decodes what a program that holds a guest says.
 *
 * Threat: a program that the guest took over.
 *
 * @param value What came out of it.
 * @returns The message, or `null`.
 */
export function readMessage(value: unknown): FromGuest | null {
  const decoded = message.safeParse(value);
  return decoded.success ? decoded.data : null;
}
