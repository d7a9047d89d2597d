import { SANDBOX_PATH, toolchainPath } from "./lookup-program.ts";
import type { ProcessSpec } from "./process-spec.ts";

/** Home of the command, inside. */
export const INNER_HOME = "/tmp/home";

// Whatever a repository's own configuration says, nothing of it starts a program that the command did not name.
const GIT_SETTINGS: readonly (readonly [string, string])[] = [
  ["safe.directory", "*"],
  ["core.pager", "cat"],
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  // The owner seen inside is not the one outside: do not take that for a change.
  ["core.checkStat", "minimal"],
  ["core.trustctime", "false"],
  ["commit.gpgSign", "false"],
  ["tag.gpgSign", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  // Masked files are marked as not in the work tree; this keeps git from thinking better of it.
  ["sparse.expectFilesOutsideOfPatterns", "true"],
];

/**
 * Gives the environment of a command, without secret values.
 *
 * @param spec The command.
 * @returns Variables by name, complete: nothing of the host's environment is added.
 */
export function commandEnvironment(spec: ProcessSpec): Readonly<Record<string, string>> {
  const git = Object.fromEntries(GIT_SETTINGS.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]));
  return {
    PATH: [...spec.readOnlyPaths.map(toolchainPath), ...SANDBOX_PATH].join(":"),
    HOME: INNER_HOME,
    USER: "agent",
    LOGNAME: "agent",
    LANG: "C.UTF-8",
    TERM: "dumb",
    NO_COLOR: "1",
    GIT_PAGER: "cat",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_COUNT: String(GIT_SETTINGS.length),
    ...git,
    ...(spec.gitIdentity === null ? {} : {
      GIT_AUTHOR_NAME: spec.gitIdentity.name,
      GIT_AUTHOR_EMAIL: spec.gitIdentity.email,
      GIT_COMMITTER_NAME: spec.gitIdentity.name,
      GIT_COMMITTER_EMAIL: spec.gitIdentity.email,
    }),
    ...spec.env,
  };
}
