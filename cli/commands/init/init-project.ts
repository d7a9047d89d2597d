import { join } from "node:path";
import { createFileOnce, type Sha256, sha256 } from "../../../core/mod.ts";
import { DEFAULT_POLICY, isPolicyTrusted, PRIVATE_POLICY, trustPolicy } from "../../../policy/mod.ts";
import { type Installation, openInstallation } from "../../compose/installation.ts";
import { openProjectPolicy } from "../../compose/project-policy.ts";
import type { CommandContext } from "../../context.ts";
import { recordChange } from "../../record-change.ts";
import { makeProjectFolder, readPolicyFile } from "./project-folder.ts";

/** A policy that `init` can write. */
export type Template = "default" | "private";

/** What `init` found or made. */
export interface InitOutcome {
  readonly project: string;
  readonly installation: Installation;
  readonly policy: {
    readonly path: string;
    readonly sha256: Sha256;
    /** `true` when this call wrote it. */
    readonly created: boolean;
    readonly trusted: boolean;
    readonly text: string;
  };
}

/**
 * Makes the folder of the context a project: `.agentzero/` with an ignore file and a policy, trusted because it was
 * written here. A policy that is there already is neither changed nor trusted.
 *
 * @param context The command's context; its `cwd` becomes the project.
 * @param template Which policy to write.
 * @returns What was made.
 * @throws {CliError} `PROJECT_UNSAFE` for links and foreign owners, `WRITE_FAILED`. @throws {AuditError}
 * `AUDIT_UNWRITABLE` when the trust cannot be recorded.
 */
export async function initProject(context: CommandContext, template: Template): Promise<InitOutcome> {
  const project = context.cwd;
  const folder = makeProjectFolder(project);
  const installation = await openInstallation(context);
  const path = join(folder, "policy.yml");
  const present = readPolicyFile(folder);
  if (present !== null) {
    const hash = sha256(present);
    const trusted = isPolicyTrusted(installation, project, hash);
    const text = new TextDecoder().decode(present);
    return { project, installation, policy: { path, sha256: hash, created: false, trusted, text } };
  }
  const text = template === "private" ? PRIVATE_POLICY : DEFAULT_POLICY;
  const bytes = new TextEncoder().encode(text);
  const hash = sha256(bytes);
  // Trusted before it is written: whoever is killed in between runs `init` once more and has it all.
  await trustOwnPolicy(context, installation, { project, hash });
  createFileOnce(path, bytes, 0o644);
  return { project, installation, policy: { path, sha256: hash, created: true, trusted: true, text } };
}

async function trustOwnPolicy(
  context: CommandContext,
  installation: Installation,
  of: { readonly project: string; readonly hash: Sha256 },
): Promise<void> {
  const { project, hash } = of;
  const { clock } = context.system;
  const engine = await openProjectPolicy(context, installation, { project, mode: "ask", readOnlyState: true });
  const policy = engine.generation.digest;
  engine.close();
  await recordChange(context, { installation, project, policy }, async (record) => {
    await record({ event: "trust.change", action: "init", reason: `trusted ${hash} as the policy of "${project}"` });
    const { home, keys } = installation;
    // What a clone brought along besides counts only after `policy trust` has shown it.
    trustPolicy({ home, keys, clock }, { project, sha256: hash, config: null, agents: null });
  });
}
