import { readTrust, untrustPolicy } from "../../../policy/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { findProject } from "../../project-root.ts";
import { recordChange } from "../../record-change.ts";
import { badUsage } from "../../usage.ts";
import { openLive } from "./open.ts";
import { projectOf } from "./trust.ts";

/** Runs `policy untrust`: from then on the policy of a project only denies and asks. */
export async function policyUntrust(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const all = input.flag("all");
  if (all && input.arg(0) !== undefined) {
    throw badUsage("Cannot end trust: --all and a file were both given", "leave one of them out");
  }
  const project = all ? findProject(context) : projectOf(context, input.arg(0), "untrust");
  const { live, installation, options } = await openLive(context, project);
  const ended = all
    ? readTrust(options).entries
    : readTrust(options).entries.filter((entry) => entry.project === project);
  if (ended.length > 0) {
    await recordChange(context, { installation, project, policy: live.generation.digest }, async (record) => {
      for (const entry of ended) {
        await record({
          event: "trust.change",
          action: "policy untrust",
          reason: `ended the trust in ${entry.sha256} as the policy of "${entry.project}"`,
        });
      }
      untrustPolicy(options, all ? null : project);
    });
  }
  const shown = ended.map((entry) => ({ project: entry.project, sha256: entry.sha256, trusted: false }));
  if (!context.json) {
    context.output.text(
      shown.length === 0 ? "nothing was trusted" : shown.map((one) => `no longer trusted: ${one.project}`).join("\n"),
    );
  } else if (all) context.output.json({ v: 1, untrusted: shown });
  else context.output.json({ v: 1, project, sha256: shown[0]?.sha256 ?? null, trusted: false });
  return EXIT.ok;
}
