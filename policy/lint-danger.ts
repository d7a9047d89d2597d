import type { Capability, Classification } from "../core/mod.ts";
import { isInterpreter, isShell } from "./actions/interpreters.ts";
import { programName } from "./actions/words.ts";
import { isWrapper } from "./actions/wrappers.ts";
import type { PolicyRule } from "./document.ts";
import { isAllow, type LintContext, type LintText } from "./lint-check.ts";
import type { WordPattern } from "./matchers.ts";

function isGrant(rule: PolicyRule): boolean {
  return rule.effect !== "deny";
}

function has(rule: PolicyRule, ...capabilities: readonly Capability[]): boolean {
  return capabilities.some((one) => rule.capabilities.includes(one));
}

/** AZP003: writing anywhere without a question. */
export function writesEverywhere(rule: PolicyRule, { globs }: LintContext): LintText | null {
  if (!isAllow(rule) || !has(rule, "file_write")) return null;
  const { paths } = rule.match;
  const wide = paths === undefined
    ? "any path"
    : paths.find((glob) => ["${home}/**", "/**"].some((place) => globs.covers("path", [glob], [place])));
  return wide === undefined ? null : {
    message: `it lets anything be written without a question: ${paths === undefined ? wide : `"${wide}"`}`,
    fix: 'name the folders, e.g. paths: ["${project}/coverage/**"]',
  };
}

/** AZP004: a program that runs whatever it is given. */
export function runsAnything(rule: PolicyRule): LintText | null {
  if (!isAllow(rule) || !has(rule, "shell_command")) return null;
  for (const pattern of rule.match.argv ?? []) {
    for (const word of pattern.words[0] ?? []) {
      const name = programName(word);
      if (/[*?]/.test(word)) {
        return { message: `the program "${word}" is a wildcard: any program may run`, fix: "list the programs" };
      }
      if (isWrapper(name) || isShell(name)) {
        return {
          message: `"${word}" runs whatever it is given; such lines are opaque, and no argv rule matches them`,
          fix: "allow the program that is meant, or ask",
        };
      }
      if (isInterpreter(name) && !namesScript(pattern)) {
        return {
          message: `"${word}" runs any script that it is given`,
          fix: `name the script: [${word}, scripts/build.js]`,
        };
      }
    }
  }
  return null;
}

/** Is the word behind the interpreter a file by name, `-m MODULE`, or a plain subcommand? */
function namesScript({ words }: WordPattern): boolean {
  const [, first, second] = words;
  if (first === undefined || first.some((word) => /[*?]/.test(word))) return false;
  return first.every((word) =>
    word === "-m"
      ? second !== undefined && second.every((name) => !/[*?]/.test(name))
      : !word.startsWith("-") || /^--(?:version|help|test|check)$/.test(word)
  );
}

/** AZP005: a deny of reading that commands do not feel. */
export function unmaskedDeny(rule: PolicyRule, { document }: LintContext): LintText | null {
  if (rule.effect !== "deny" || !has(rule, "file_read") || rule.match.paths === undefined) return null;
  const others = Object.keys(rule.match).filter((name) => name !== "paths");
  if (others.length === 0) return null;
  const runs = document.rules.find((other) => isGrant(other) && has(other, "shell_command"));
  return runs === undefined ? null : {
    message: `commands that "${runs.id}" lets run can still read these files: only a deny by path alone is masked, ` +
      `and this one also looks at ${others.join(", ")}`,
    fix: "deny the paths in a rule of their own",
  };
}

/** AZP006: secrets for every place. */
export function secretAnywhere(rule: PolicyRule): LintText | null {
  if (!isGrant(rule) || !has(rule, "secret_handle_usage")) return null;
  const { hosts, cidr, commands } = rule.match;
  return hosts !== undefined || cidr !== undefined || commands !== undefined ? null : {
    message: "it delivers secrets to any host and any program",
    fix: 'add `hosts: [api.example.com]`, or `commands` with `inject: ["env:*"]`',
  };
}

/** AZP007: requests that untrusted text may shape. */
export function taintedEgress(rule: PolicyRule): LintText | null {
  if (!isAllow(rule) || !has(rule, "network_request", "secret_handle_usage")) return null;
  if (rule.match.tainted !== "any" && rule.match.tainted !== "true") return null;
  return {
    message: "text from a file, tool or page may shape what is sent, and nobody is asked",
    fix: "leave `tainted` out, so that such requests ask",
  };
}

/** AZP008: a wildcard above the hosts of other people. */
export function wideHost(rule: PolicyRule): LintText | null {
  const wide = isGrant(rule) ? rule.match.hosts?.find((glob) => /^(?:\*\*?\.)+[^*.]+\.[^*.]+$/.test(glob)) : undefined;
  return wide === undefined ? null : {
    message: `"${wide}" may take in hosts of strangers: below names like github.io anybody can have one`,
    fix: "name the hosts, or one label more",
  };
}

const PRIVATE: readonly Classification[] = ["private", "pii", "secret", "credential", "regulated", "unknown"];

/** AZP009: private data for a remote model. */
export function privateToRemote(rule: PolicyRule): LintText | null {
  if (!isAllow(rule) || !has(rule, "model_call") || rule.match.remote === false) return null;
  const { classification } = rule.match;
  const told = classification === undefined
    ? "data of every class"
    : PRIVATE.find((word) => classification.includes(word));
  return told === undefined ? null : {
    message: `it sends ${
      told === "private" ? "private data" : told === "data of every class" ? told : `"${told}" data`
    } to a remote model without a question`,
    fix: "add `classification: [public, internal]`, or let it ask",
  };
}

/** AZP010: a yes to commands that reaches far. */
export function rememberedShell(rule: PolicyRule): LintText | null {
  if (!has(rule, "shell_command") || rule.approval === null) return null;
  const { maxScope, shape } = rule.approval;
  if (shape !== "pattern" && maxScope !== "project" && maxScope !== "package") return null;
  return {
    message: shape === "pattern"
      ? "one yes answers for every command of the pattern"
      : "one yes answers for the same command in every later session",
    fix: "approval: { max_scope: session }",
  };
}

/** AZP011: a deny that does not say why. */
export function denyWithoutReason(rule: PolicyRule): LintText | null {
  return rule.effect !== "deny" || rule.reason !== null ? null : {
    message: "whoever is refused will not learn why",
    fix: "add `reason: …`",
  };
}
