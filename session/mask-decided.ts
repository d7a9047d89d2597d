import type { ApprovalRequest, Redactor, Target, Verdict } from "../core/mod.ts";

type Decided = ApprovalRequest["actions"][number];

/**
 * Masks what a question says of its actions: targets as policy saw them, reasons, what an answer would cover.
 *
 * Threat: a folder is named by a value, and only the real path of a harmless argument holds it.
 *
 * @param redactor Knows every secret value.
 * @param actions The actions, decided; what is remembered of an answer goes by the originals.
 * @returns The same without secret values.
 * @throws {CoreError} `REDACTION_FAILED`.
 */
export function maskDecided(redactor: Redactor, actions: readonly Decided[]): readonly Decided[] {
  function mask(text: string): string {
    return redactor.mask(text).text;
  }
  return actions.map(({ action, verdict }) => ({
    action: { ...action, target: maskTarget(mask, action.target) },
    verdict: maskVerdict(mask, verdict),
  }));
}

function maskVerdict(mask: (text: string) => string, verdict: Verdict): Verdict {
  const { reason, hint, approval } = verdict;
  return {
    ...verdict,
    reason: mask(reason),
    hint: hint === null ? null : mask(hint),
    approval: approval === null ? null : { ...approval, shape: mask(approval.shape) },
  };
}

function maskTarget(mask: (text: string) => string, target: Target): Target {
  switch (target.kind) {
    case "path":
      return { ...target, real: mask(target.real), lexical: mask(target.lexical) };
    case "command":
      return {
        ...target,
        argv: target.argv === null ? null : target.argv.map(mask),
        text: mask(target.text),
        cwd: mask(target.cwd),
        redirects: target.redirects.map(mask),
      };
    case "network":
      return { ...target, url: mask(target.url), host: mask(target.host) };
    case "secret":
      return { ...target, program: target.program === null ? null : mask(target.program) };
    // Names that policy, configuration and packages give.
    case "model":
    case "package":
    case "import":
    case "skill":
      return target;
    default:
      return target satisfies never;
  }
}
