import { fromModel } from "./provenance.ts";
import type { SessionWiring } from "./session-wiring.ts";

/**
 * Tells whether a call of the model can only read, and only what needs no question, so that it may run beside others.
 *
 * @param wiring The session.
 * @param tool Name of the tool.
 * @param args Its arguments.
 * @returns `false` in doubt: the call then runs alone and the gate says why it cannot.
 */
export async function readsFreely(wiring: SessionWiring, tool: string, args: unknown): Promise<boolean> {
  const { gate, context, quotes } = wiring;
  const entry = gate.tools.get(tool);
  if (entry === undefined || !entry.readOnly) return false;
  try {
    const loaded = await entry.load();
    const provenance = fromModel(context.label(), { quotes, policy: gate.policy });
    const ground = { ...gate.plan, provenance };
    const { actions } = loaded.planLater === undefined
      ? loaded.plan(args, ground)
      : await loaded.planLater(args, ground);
    return actions.length > 0 && actions.every((action) => {
      const { decision } = gate.policy.decide(action);
      return action.capability === "file_read" && (decision === "allow" || decision === "allow_with_redaction");
    });
  } catch {
    return false;
  }
}
