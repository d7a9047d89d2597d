import { existsSync, lstatSync, mkdtempSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkOwnFolder, errorCode } from "../../../core/mod.ts";
import { gitIdentity } from "../../compose/git-identity.ts";
import { openInstallation } from "../../compose/installation.ts";
import { openProjectPolicy } from "../../compose/project-policy.ts";
import { isTrustedConfig } from "../../compose/trusted-config.ts";
import { type Config, loadConfig } from "../../config/load-config.ts";
import { modelChoice } from "../../config/model-choice.ts";
import type { CommandContext } from "../../context.ts";
import { errorObject } from "../../output/error.ts";
import { findProject, PROJECT_FOLDER } from "../../project-root.ts";
import { type Check, fail, ok, warn } from "./check.ts";
import { hiddenToolChains } from "./tool-chains.ts";

/** Says what runs this program. */
export function checkRuntime(): Check {
  const deno = process.versions["deno"];
  const name = deno === undefined ? `Node ${process.versions.node}` : `Deno ${deno}`;
  return ok("runtime", `${name} on ${process.platform} ${process.arch}`);
}

/** Looks at the folder for keys and grants, without making it. */
export function checkHome(home: string): Check {
  const checked = checkOwnFolder(home, true);
  if (checked.kind === "ok") return ok("home", home);
  if (checked.kind === "missing") {
    const obstacle = makingFails(home);
    return obstacle === null
      ? warn("home", `"${home}" does not exist yet`, "agentzero init")
      : fail("home", `"${home}" cannot be made: ${obstacle}`, "set AGENTZERO_HOME to a folder that you can write to");
  }
  return fail("home", `"${home}": ${checked.why}`, checked.hint);
}

/** Why a folder cannot be made, found out beside it: modes do not tell, of a file system that takes no folders. */
function makingFails(folder: string): string | null {
  let place = dirname(folder);
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    rmdirSync(mkdtempSync(join(place, ".agentzero-probe-")));
    return null;
  } catch (cause) {
    return `"${place}" takes no folder (${errorCode(cause)})`;
  }
}

/** Looks whether there are keys, without making or opening them. */
export function checkKeys(home: string): Check {
  const missing = ["tag.key", "audit-sign.key", "audit-box.key"].filter((name) =>
    !existsSync(join(home, "keys", name))
  );
  if (missing.length > 0) return warn("keys", "made at first use", "agentzero init");
  const open = ["tag.key", "audit-sign.key", "audit-box.key"].filter((name) =>
    (lstatSync(join(home, "keys", name)).mode & 0o077) !== 0
  );
  if (open.length > 0) return fail("keys", `others may read ${open.join(", ")}`, `chmod go= ${join(home, "keys")}/*`);
  const locked = existsSync(join(home, "keys", "unlock.json"));
  return ok(
    "keys",
    locked
      ? "present, reading key under a passphrase"
      : "present; they protect copies, not against programs that run as you",
  );
}

/** Loads the configuration as a session would; gives it back for the other checks. */
export async function checkConfig(
  context: CommandContext,
  home: string,
  project: string | null,
): Promise<{ readonly check: Check; readonly config: Config | null }> {
  try {
    const config = await loadConfig({
      home,
      project,
      isTrusted: await trustedConfig(context, home, project),
      env: context.system.env,
      flags: {},
    });
    const model = config.model === null ? config.provider : `${config.provider}/${config.model}`;
    const [notice] = config.notices;
    if (notice !== undefined) {
      return { check: warn("config", `model ${model}; ${notice}`, "agentzero policy trust"), config };
    }
    // A model that no session could open is told here. A script comes with its command.
    if (config.provider !== "script") {
      modelChoice(config, undefined, { cwd: context.cwd, home, userHome: context.userHome });
    }
    return { check: ok("config", `model ${model}`), config };
  } catch (cause) {
    const { message, hint } = errorObject(cause).error;
    return { check: fail("config", message, hint), config: null };
  }
}

/** Says whether a project's file counts; keys that do not exist yet are not made to find out. */
async function trustedConfig(
  context: CommandContext,
  home: string,
  project: string | null,
): Promise<(bytes: Uint8Array) => boolean> {
  if (project === null || !existsSync(join(project, PROJECT_FOLDER, "config.yml"))) return () => false;
  if (!existsSync(join(home, "keys", "tag.key"))) return () => false;
  const installation = await openInstallation(context);
  const policy = await openProjectPolicy(context, installation, { project, mode: "ask", readOnlyState: true });
  policy.close();
  return (bytes) => isTrustedConfig(installation, { project, policy }, bytes);
}

/** Looks for the project. */
export function checkProject(context: CommandContext): { readonly check: Check; readonly project: string | null } {
  try {
    const project = findProject(context);
    return project === null
      ? { check: warn("project", `none at or above "${context.cwd}"`, "agentzero init"), project }
      : { check: ok("project", project), project };
  } catch (cause) {
    const { message, hint } = errorObject(cause).error;
    return { check: fail("project", message, hint), project: null };
  }
}

/** Says how a person will be asked. */
export function checkTerminal(context: CommandContext): Check {
  const { tty, system } = context;
  if (!tty.stdin || !tty.stderr) {
    return warn("terminal", "none: nobody can be asked, so what needs a yes is denied", null);
  }
  const plain = system.env["TERM"] === "dumb" || tty.columns < 40 || tty.rows < 10;
  return ok("terminal", `${tty.columns} x ${tty.rows}${plain ? ", plain" : ""}`);
}

/** Names what commands in the sandbox will not find. */
export function checkToolChains(context: CommandContext, config: Config | null): Check {
  const known = config?.user.sandbox?.paths ?? [];
  const hidden = hiddenToolChains(context.system.env, context.userHome, known);
  if (hidden.length === 0) return ok("tool chains", known.length === 0 ? "system programs only" : known.join(" "));
  return warn(
    "tool chains",
    `commands in the sandbox do not see ${hidden.join(" ")}`,
    `add to ${join(context.home, "config.yml")}: sandbox: { paths: [${
      hidden.map((path) => JSON.stringify(path)).join(", ")
    }] }`,
  );
}

/** Says by whom commits will be, and what no mask covers. */
export function checkGit(context: CommandContext): Check {
  const who = gitIdentity(context.system.env, context.userHome);
  const limit =
    "known limit: a secret that git tracks can come out of `git log -p`; detectors mask what they recognise";
  if (who !== null) return ok("git", `commits are by ${who.name} <${who.email}>; ${limit}`);
  return warn(
    "git",
    `no identity: commits in the sandbox fail; ${limit}`,
    'git config --global user.name "YOUR NAME"; git config --global user.email ADDRESS',
  );
}
