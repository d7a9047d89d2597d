import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { checkOwnFolder } from "../../../core/mod.ts";
import { openInstallation } from "../../compose/installation.ts";
import { brokenPolicy } from "../../compose/policy-notice.ts";
import { openProjectPolicy } from "../../compose/project-policy.ts";
import type { CommandContext } from "../../context.ts";
import { errorObject } from "../../output/error.ts";
import { PROJECT_FOLDER } from "../../project-root.ts";
import { type Check, fail, ok, warn } from "./check.ts";

/** Opens the policy as a session would, without writing anything. */
export async function checkPolicy(context: CommandContext, home: string, project: string | null): Promise<Check> {
  if (project === null) return warn("policy", "no project: only the built-in floor decides", "agentzero init");
  if (!existsSync(join(home, "keys", "tag.key"))) {
    return warn("policy", "no keys yet, so nothing is trusted", "agentzero init");
  }
  try {
    const installation = await openInstallation(context);
    const engine = await openProjectPolicy(context, installation, { project, mode: "ask", readOnlyState: true });
    const { generation } = engine;
    const { state, layers } = generation;
    const own = layers.find(({ layer }) => layer === "project");
    engine.close();
    if (state !== "active") {
      const effect = state === "deny_all" ? "everything is denied" : "an older policy is in force";
      return fail("policy", `${effect}: ${brokenPolicy(generation)}`, "agentzero policy check");
    }
    if (own === undefined || own.sha256 === null) return warn("policy", "the project has none", "agentzero init");
    if (!own.grants) return warn("policy", "not trusted: it can only deny", "agentzero policy trust");
    return ok("policy", `trusted, ${own.rules} rules`);
  } catch (cause) {
    const { message, hint } = errorObject(cause).error;
    return fail("policy", message, hint);
  }
}

/** Looks whether sessions of the project can be recorded. */
export function checkAudit(project: string | null): Check {
  if (project === null) return ok("audit", "sessions without a project are recorded under the home folder");
  const folder = join(project, PROJECT_FOLDER, "audit");
  const checked = checkOwnFolder(folder, false);
  if (checked.kind === "missing") return ok("audit", "no session yet");
  if (checked.kind === "unsafe") return fail("audit", `"${folder}": ${checked.why}`, checked.hint);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    return fail("audit", `"${folder}" cannot be written, so every action is denied`, `chmod u+w "${folder}"`);
  }
  const sessions = new Set(
    readdirSync(folder).flatMap((name) => /^(ses_[0-9A-Z]{26})(\.\d+)?\.jsonl$/.exec(name)?.[1] ?? []),
  );
  return ok(
    "audit",
    `${sessions.size} session${sessions.size === 1 ? "" : "s"}; \`agentzero audit verify --all\` checks them`,
  );
}
