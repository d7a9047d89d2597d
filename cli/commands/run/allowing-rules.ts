import type { AtomicAction, SessionId } from "../../../core/mod.ts";
import type { CommandContext } from "../../context.ts";
import { openLive } from "../policy/open.ts";

/** Where something was refused because nobody could be asked. */
export interface MissedQuestions {
  /** Root of the project, or `null`. */
  readonly project: string | null;
  readonly session: SessionId;
  /** What would have been asked. */
  readonly asks: readonly AtomicAction[];
}

const MAX_RULES = 3;
const HOW = "under `rules` of .agentzero/policy.yml, in place of rules with the same id; then `agentzero policy trust`";

/**
 * Says on stderr which rules would allow what nobody could be asked about. Each was tried: it makes exactly its own
 * question unnecessary. Nothing is applied.
 *
 * @param context The command's context.
 * @param missed What was refused.
 */
export async function tellAllowingRules(context: CommandContext, missed: MissedQuestions): Promise<void> {
  const { project, session, asks } = missed;
  if (asks.length === 0 || project === null) return;
  const rules = await proposeRules(
    context,
    project,
    asks.map((action) => ({ action: exactly(action), session, seq: 0 })),
  );
  const { output } = context;
  for (const yaml of rules.slice(0, MAX_RULES)) {
    output.note(`to allow it without a question, ${HOW}:`);
    for (const line of yaml.split("\n")) output.note(`  ${line}`);
  }
  if (rules.length > MAX_RULES) output.note(`and ${rules.length - MAX_RULES} more: agentzero policy explain`);
  if (rules.length === 0) output.note("no rule is proposed for it: `agentzero chat` asks you");
}

async function proposeRules(
  context: CommandContext,
  project: string,
  asked: readonly { readonly action: AtomicAction; readonly session: SessionId; readonly seq: number }[],
): Promise<readonly string[]> {
  try {
    const { live } = await openLive(context, project);
    return live.suggestRules(asked, 1).map(({ yaml }) => yaml);
  } catch {
    // The refusal itself was told; that policy cannot be looked at again adds nothing.
    return [];
  }
}

/**
 * A rule for one file is as narrow as its path, whatever untrusted text led there. A command or an address that such
 * text shaped gets none.
 */
function exactly(action: AtomicAction): AtomicAction {
  return action.target.kind === "path" ? { ...action, tainted: false } : action;
}
