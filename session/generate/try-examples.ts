import type { Outcome } from "../../core/mod.ts";
import type { WasmValue } from "../../sandbox/mod.ts";
import { type CheckedDefinition, sameJson, stableJson, type ToolExample } from "../../skills/mod.ts";
import type { CallFailure } from "../call.ts";
import type { RoutineIo } from "../host-calls/routine.ts";
import { type ExampleGround, exampleStage } from "./example-stage.ts";
import { generatedGuest } from "./generated-guest.ts";
import { isToolsFault, toolFault } from "./tool-fault.ts";
import { programSpec, type ToolProgram } from "./tool-program.ts";

/** What examples are run with. */
export interface Trial extends Omit<ExampleGround, "mocks"> {
  readonly checked: CheckedDefinition;
  readonly program: ToolProgram;
  /** Id of the call: clock and random bytes of every example come from it. */
  readonly seed: string;
}

/**
 * Runs every example in an instance of its own, with the limits and permissions that the tool would have.
 *
 * @param trial The tool.
 * @param io Runs components.
 * @returns Why the first example failed, or `null` when all gave what they should. Words of the tool may stand in it.
 */
export async function tryExamples(trial: Trial, io: Pick<RoutineIo, "wasm">): Promise<CallFailure | null> {
  const { definition: { name, examples }, compiled: permissions } = trial.checked;
  for (const [at, example] of examples.entries()) {
    const stage = exampleStage({ ...trial, mocks: example.mocks });
    const input = JSON.stringify(example.input) ?? "null";
    const spec = programSpec(trial.program, {
      input,
      permissions,
      seed: trial.seed,
      ceilings: trial.deps.plan.limits.wasm,
    });
    const guest = generatedGuest(trial.actor, stage);
    // oxlint-disable-next-line no-await-in-loop -- the first that fails ends the trial
    const outcome = await io.wasm(spec, { guest, component: () => trial.program.bytes() });
    const failure = judge(name, { outcome, example, number: at + 1 });
    if (failure !== null) return failure;
  }
  return null;
}

interface Tried {
  readonly outcome: Outcome<WasmValue>;
  readonly example: ToolExample;
  /** Counts from 1. */
  readonly number: number;
}

function judge(name: string, { outcome, example, number }: Tried): CallFailure | null {
  if (!outcome.ok) {
    return outcomeFailure(name, { code: outcome.code, reason: outcome.reason, hint: outcome.hint, number });
  }
  const { value } = outcome;
  const fault = toolFault(name, value);
  if (fault !== null && value.stage === "load") {
    return fault.code === "ASYNC_TOOL" ? fault : compileFailure(name, value.error ?? "");
  }
  if (fault?.code === "ASYNC_TOOL") return fault;
  if ("error" in example.expect) {
    if (fault === null) return exampleFailure(name, number, `gave ${cut(value.output ?? "")}, not an error`);
    if (value.error?.includes(example.expect.error) === true) return null;
    return exampleFailure(
      name,
      number,
      `failed with "${cut(value.error ?? fault.message)}", not with "${cut(example.expect.error)}"`,
    );
  }
  if (fault !== null) return exampleFailure(name, number, `failed: ${cut(value.error ?? fault.message)}`);
  const given: unknown = JSON.parse(value.output ?? "null");
  if (sameJson(given, example.expect.output)) return null;
  return exampleFailure(name, number, `gave ${cut(stableJson(given))}, not ${cut(stableJson(example.expect.output))}`);
}

function outcomeFailure(
  name: string,
  outcome: { readonly code: string; readonly reason: string; readonly hint: string | null; readonly number: number },
): CallFailure {
  const { code, reason, hint, number } = outcome;
  if (code === "WASM_LIMITS") return { ...compileFailure(name, reason), hint: MORE_MEMORY };
  if (COMPILE_CODES.has(code)) return compileFailure(name, reason);
  if (!isToolsFault(code)) return { code, message: reason, hint };
  return exampleFailure(name, number, `ended with ${code}: ${cut(reason)}`);
}

const COMPILE_CODES: ReadonlySet<string> = new Set(["WASM_FORMAT", "WASM_IMPORTS", "WASM_WORLD"]);
const MORE_MEMORY = "ask for more: limits memory=BYTES; a script needs 2 MiB at least";

/** Says that the source is no tool. */
export function compileFailure(name: string, said: string): CallFailure {
  return {
    code: "TOOL_COMPILE",
    message: `Cannot register tool "${name}": its source does not compile: ${cut(said)}`,
    hint: "mend the source and generate it again",
  };
}

function exampleFailure(name: string, number: number, what: string): CallFailure {
  return {
    code: "TOOL_EXAMPLE",
    message: `Cannot register tool "${name}": example ${number} ${what}`,
    hint: "mend the source or the example and generate it again",
  };
}

function cut(text: string): string {
  return text.length > 600 ? `${text.slice(0, 600).toWellFormed()}…` : text;
}
