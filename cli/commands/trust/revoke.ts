import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseRevocable, type Revocation, revoke } from "../../../skills/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { badUsage } from "../../usage.ts";
import { changeTrust, openTrust } from "./open.ts";
import { readPublicKey } from "./read-key.ts";

/** Runs `trust revoke`: from then on it is refused, installed or not. */
export async function trustRevoke(context: CommandContext, input: CommandInput): Promise<void> {
  const reason = (input.option("reason") ?? "").trim();
  if (reason === "" || reason.length > 500) {
    throw badUsage("Cannot revoke: --reason needs 1 to 500 characters", 'e.g. --reason "its key was stolen"');
  }
  const named = revocable(context, input.arg(0) ?? "");
  const trust = await openTrust(context);
  const fresh = await changeTrust(context, trust, {
    action: "trust revoke",
    reason: `revoked ${named.kind} ${named.what}: ${reason}`,
    run: () => revoke(trust.place, { ...named, reason }),
  });
  if (context.json) context.output.json({ v: 1, kind: named.kind, what: named.what, reason, changed: fresh });
  else {
    const what = `${named.kind} ${named.what}`;
    context.output.text(fresh ? `${what} is refused from now on` : `${what} was revoked already`);
  }
}

function revocable(context: CommandContext, text: string): Pick<Revocation, "kind" | "what"> {
  const isFile = text.endsWith(".pub") || (/[./]/.test(text) && existsSync(resolve(context.cwd, text)));
  return isFile ? { kind: "key", what: readPublicKey(context.cwd, text).text } : parseRevocable(text);
}
