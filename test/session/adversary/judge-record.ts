import { join } from "node:path";
import { auditVerify } from "../../../cli/commands/audit/verify.ts";
import { policyReplay } from "../../../cli/commands/policy/replay.ts";
import type { CommandContext } from "../../../cli/context.ts";
import { contextIn } from "../../support/context.ts";
import { words } from "./words.ts";
import type { World } from "./world.ts";

/** One session in so many is decided again: each time the ledgers are read as a whole. */
const REPLAYED = 20;

/** I5, over all that was played in a world: its record holds, and decided again it says the same. */
export async function judgeRecord(world: World): Promise<readonly string[]> {
  const printed: Readonly<Record<string, unknown>>[] = [];
  const quiet = contextIn(world.project, world.home);
  const context: CommandContext = {
    ...quiet,
    output: { ...quiet.output, json: (value) => void printed.push({ ...Object(value) }) },
  };
  const exit = await auditVerify(context, words([], {}));
  const verified = printed.pop();
  const sessions = sessionsOf(verified?.["sessions"]);
  const bad = exit === 0 ? [] : [`I5 the record does not hold: ${JSON.stringify(verified).slice(0, 2_000)}`];
  if (sessions.length === 0) return [...bad, "I5 nothing is on record"];
  const some = sessions.filter((_, index) => index % REPLAYED === 0);
  await policyReplay(context, words(some, { policy: join(world.project, ".agentzero/policy.yml") }));
  const replayed = printed.pop();
  const changed = Array.isArray(replayed?.["changed"])
    ? replayed["changed"].filter(isLooser)
    : ["nothing decided again"];
  if (changed.length > 0) bad.push(`I5 decided again, it goes another way: ${JSON.stringify(changed).slice(0, 2_000)}`);
  return bad;
}

// The record does not hold the folder of a command, for which nothing may have allowed it.
function isLooser(change: unknown): boolean {
  const { capability, from, rule_from: rule } = Object(change);
  return !(capability === "shell_command" && from === "deny" && rule === null);
}

function sessionsOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.map((one: unknown) =>
    typeof one === "object" && one !== null && "session" in one ? String(one.session) : ""
  );
}
