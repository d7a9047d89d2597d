/** What is wrong with the runtime this process runs on. */
export interface RuntimeProblem {
  readonly code: "RUNTIME_TOO_OLD" | "RUNTIME_PERMISSION";
  readonly message: string;
  readonly hint: string;
}

const NODE: readonly [number, number] = [22, 18];
const DENO: readonly [number, number] = [2, 5];

/**
 * Says whether this runtime can run agentzero: Node >= 22.18 or Deno >= 2.5. Loads nothing.
 *
 * @param versions `process.versions`.
 * @returns `null` when it can.
 */
export function runtimeProblem(versions: Readonly<Record<string, string | undefined>>): RuntimeProblem | null {
  const deno = versions["deno"];
  if (deno !== undefined) return isAtLeast(deno, DENO) ? null : tooOld("Deno", deno, DENO);
  const node = versions["node"] ?? "0";
  return isAtLeast(node, NODE) ? null : tooOld("Node", node, NODE);
}

/**
 * Says what to do where Deno refused something to the program itself.
 *
 * @param cause What was thrown.
 * @returns `null` when it is another failure.
 */
export function permissionProblem(cause: unknown): RuntimeProblem | null {
  if (!(cause instanceof Error) || cause.name !== "NotCapable") return null;
  return { ...NOT_PERMITTED, message: "Cannot run: Deno does not permit what the program itself needs" };
}

/**
 * Names the flags without which Deno cannot run the program.
 *
 * @param flags What is missing, e.g. `--allow-net`.
 * @returns `null` when nothing is.
 */
export function missingFlagsProblem(flags: readonly string[]): RuntimeProblem | null {
  return flags.length === 0
    ? null
    : { ...NOT_PERMITTED, message: `Cannot run: Deno was started without ${flags.join(" ")}` };
}

const NOT_PERMITTED = {
  code: "RUNTIME_PERMISSION",
  hint: "start it with `deno run -A`: what a model or a command may do is decided by the policy, not by these flags",
} as const;

function isAtLeast(version: string, least: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > least[0] || (major === least[0] && minor >= least[1]);
}

function tooOld(name: string, version: string, least: readonly [number, number]): RuntimeProblem {
  return {
    code: "RUNTIME_TOO_OLD",
    message: `Cannot run on ${name} ${version}: agentzero needs ${name} ${least.join(".")} or newer`,
    hint: `install ${name} ${least.join(".")} or newer, or run \`npm ci\` in a clone, which brings its own`,
  };
}
