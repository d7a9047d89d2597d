import { loadDocument, type ParsedPolicy } from "../../../policy/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { findProject, requireProject } from "../../project-root.ts";
import { openLive } from "./open.ts";
import { ownPolicyFile, readNamedFile } from "./read-file.ts";

/** A policy file of a command line, as a session would load it. */
export interface NamedPolicy {
  /** As it was named. */
  readonly file: string;
  /** `null` for a file that cannot be read. */
  readonly sha256: string | null;
  readonly loaded: ParsedPolicy;
}

/**
 * Loads the policy files that a command line names; without a name that of the project.
 *
 * @param context The command's context.
 * @param input Its arguments.
 * @returns Each with its document, or why it would be refused.
 * @throws {PolicyError} `POLICY_MISSING`. @throws {CliError} `NO_PROJECT` when none is named outside a project.
 */
export async function loadNamed(context: CommandContext, input: CommandInput): Promise<readonly NamedPolicy[]> {
  const named = input.rest(0);
  const project = named.length === 0 ? requireProject(context) : findProject(context);
  const names = named.length > 0 || project === null ? named : [ownPolicyFile(context, project)];
  const read = names.map((name) => readNamedFile(context.cwd, name));
  const { live } = await openLive(context, project);
  const place = { layer: "project", roots: live.roots, homes: live.homes } as const;
  return read.map((file): NamedPolicy => {
    if (!("problem" in file)) return { file: file.shown, sha256: file.sha256, loaded: loadDocument(file.bytes, place) };
    return { file: file.shown, sha256: null, loaded: { ok: false, document: null, problems: [file.problem] } };
  });
}
