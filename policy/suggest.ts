import { type ApprovalTerms, type AtomicAction, type Capability, digestOf, type RuleRef } from "../core/mod.ts";
import { isInterpreter, isShell } from "./actions/interpreters.ts";
import { programName } from "./actions/words.ts";
import { compilePolicy } from "./compile.ts";
import type { PolicyLayer } from "./compiled-policy.ts";
import { decide } from "./decide.ts";
import type { DecisionState } from "./decision-state.ts";
import { diffPolicies, type PolicyChange } from "./diff.ts";
import type { PolicyDocument, PolicyRule } from "./document.ts";
import { checkTests, stateOf } from "./embedded-tests.ts";
import type { Matchers } from "./matchers.ts";
import type { PathRoots } from "./path-syntax.ts";
import { printRule } from "./print-rule.ts";
import { shapeOf } from "./shape.ts";

/** Something that a person approved, and where the record says so. */
export interface ApprovedAction {
  /** The action as it was decided then. */
  readonly action: AtomicAction;
  /** Id of the session whose record holds the approval. */
  readonly session: string;
  /** Sequence number of the intent in that record. */
  readonly seq: number;
}

/** Rules that would have made some questions unnecessary. */
export interface PolicySuggestion {
  /**
   * Rules to paste; a rule whose id exists already replaces the old one. A comment before them names each test of the
   * policy that would no longer hold.
   */
  readonly yaml: string;
  /** The approvals that it comes from. */
  readonly events: readonly { readonly session: string; readonly seq: number }[];
  /** What pasting it would change. */
  readonly diff: readonly PolicyChange[];
}

/** What counts now, and how often is often. */
export interface SuggestContext {
  readonly layers: readonly PolicyLayer[];
  readonly state: DecisionState;
  /** How often the same must have been approved. */
  readonly min: number;
}

/**
 * Proposes the smallest rules for what was approved again and again. Nothing is applied, and every proposal was tried:
 * it makes exactly its own questions unnecessary.
 *
 * @param approved Approvals by a person.
 * @param context What counts now.
 * @returns Proposals, most approvals first; none from tainted, opaque, secret or interpreter actions.
 */
export function suggestRules(
  approved: readonly ApprovedAction[],
  context: SuggestContext,
): readonly PolicySuggestion[] {
  const groups = new Map<string, ApprovedAction[]>();
  for (const one of approved) {
    if (!isSuggestible(one.action)) continue;
    const key = `${one.action.capability}\n${shapeOf(one.action)}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()]
    .filter((group) => group.length >= context.min)
    .toSorted((a, b) => b.length - a.length)
    .flatMap((group) => propose(group, context) ?? []);
}

function isSuggestible({ tainted, capability, target, skill, denyOnly }: AtomicAction): boolean {
  // A rule for what untrusted text shaped, or for a value, would hold for the next text and the next value.
  if (tainted || denyOnly === true || skill !== null || capability === "secret_handle_usage") return false;
  if (target.kind !== "command") return true;
  const { argv, secrets, redirects } = target;
  if (argv === null || secrets || redirects.length > 0) return false;
  const program = programName(argv[0] ?? "");
  return !isInterpreter(program) && !isShell(program);
}

function propose(group: readonly ApprovedAction[], context: SuggestContext): readonly PolicySuggestion[] | null {
  const [first] = group;
  if (first === undefined) return null;
  const { action } = first;
  const { approval } = decide(context.state, action);
  const match = approval === null ? null : matchersFor(action, context.state.policy.roots);
  if (approval === null || match === null) return null;
  const changed = changeLayers(context.layers, { action, approval, match });
  if (changed === null) return null;
  const policy = compilePolicy(changed.layers, context.state.policy.roots);
  const after = decide(stateOf(policy, context.state.places), action);
  if (after.decision !== "allow" && after.decision !== "allow_with_redaction") return null;
  const { changes } = diffPolicies(context.layers, changed.layers);
  if (!changes.every((change) => isOwn(change, action))) return null;
  const yaml = [...brokenTests(changed.layers, context), ...changed.rules.map(printRule)].join("\n");
  return [{ yaml, events: group.map(({ session, seq }) => ({ session, seq })), diff: changes }];
}

// Threat: a name with a line break would end the comment and begin a rule.
const UNPRINTED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** What a policy says about itself holds until somebody changes it on purpose: the file would be refused as it is. */
function brokenTests(layers: readonly PolicyLayer[], { state }: SuggestContext): readonly string[] {
  return layers.flatMap((layer) => {
    const alone = compilePolicy([{ ...layer, grants: true }], state.policy.roots);
    return checkTests(layer.document, stateOf(alone, state.places)).map(({ line, message }) =>
      `# first change line ${line} of the ${layer.layer} policy: ${message.replaceAll(UNPRINTED, " ")}`
    );
  });
}

/** Only the questions about this very target may go away; a side effect makes a proposal worthless. */
function isOwn({ capability, witness }: PolicyChange, action: AtomicAction): boolean {
  if (capability !== action.capability) return false;
  if (action.target.kind !== "path" || witness.path === undefined) return true;
  return action.target.real.endsWith(witness.path.replace(/^\$\{[a-z_]+\}/, ""));
}

interface Wanted {
  readonly action: AtomicAction;
  readonly approval: ApprovalTerms;
  readonly match: Matchers;
}

/** An ask outranks every allow: the asking rules get an exception, and an allow lets through what they gave up. */
function changeLayers(
  layers: readonly PolicyLayer[],
  { action, approval, match }: Wanted,
): { readonly layers: readonly PolicyLayer[]; readonly rules: readonly PolicyRule[] } | null {
  const changed: PolicyRule[] = [];
  let met = 0;
  const excepted = layers.map((layer) => {
    const rules = layer.document.rules.flatMap((rule): readonly PolicyRule[] => {
      const next = asks(approval.asks, layer, rule) ? withException(rule, match) : null;
      if (next === null) return [rule];
      met++;
      changed.push(...next);
      return next;
    });
    return { ...layer, document: { ...layer.document, rules } };
  });
  if (met !== approval.asks.length) return null;
  const allow = allowRule(action.capability, match);
  const home = excepted.find((layer) => layer.layer === "project" && layer.grants) ?? excepted.at(-1);
  if (home === undefined) return null;
  return {
    layers: excepted.map((layer) => layer === home ? { ...layer, document: withRule(layer.document, allow) } : layer),
    rules: [...changed, allow],
  };
}

function asks(refs: readonly RuleRef[], layer: PolicyLayer, rule: PolicyRule): boolean {
  return refs.some((ref) => ref.layer === layer.layer && ref.rule === rule.id && ref.policy === layer.sha256);
}

/**
 * The rule with a further exception. One `except` cannot say "these, or those under another condition": then the rule
 * is split, and a second one goes on asking about the old exception where its condition fails.
 */
function withException(rule: PolicyRule, match: Matchers): readonly PolicyRule[] | null {
  const { except } = rule;
  if (except === null) return [{ ...rule, except: match }];
  const { paths, ...condition } = except;
  if (match.paths !== undefined && paths !== undefined) {
    const wider = { ...rule, except: { paths: [...paths, ...match.paths] } };
    if (Object.keys(condition).length === 0) return [wider];
    if (rule.match.paths === undefined) return null;
    return [wider, { ...rule, id: `${rule.id}-rest`, match: { ...rule.match, paths }, except: condition }];
  }
  if (match.argv !== undefined && Object.keys(except).join() === "argv") {
    return [{ ...rule, except: { argv: [...(except.argv ?? []), ...match.argv] } }];
  }
  return null;
}

function withRule(document: PolicyDocument, rule: PolicyRule): PolicyDocument {
  return { ...document, rules: [...document.rules, rule] };
}

function allowRule(capability: Capability, match: Matchers): PolicyRule {
  return {
    id: `approved-${digestOf({ capability, match }).slice(3, 11)}`,
    effect: "allow",
    capabilities: [capability],
    reason: null,
    match,
    except: null,
    approval: null,
    redact: [],
    maxBytes: null,
    examples: { match: [], not_match: [] },
    at: { line: 1, col: 1 },
  };
}

/** Exactly this target; `null` where no matcher can say so. */
function matchersFor({ target }: AtomicAction, roots: PathRoots): Matchers | null {
  switch (target.kind) {
    case "path": {
      const path = literalPath(target.real, roots);
      return path === null ? null : { paths: [path] };
    }
    case "command": {
      const { argv } = target;
      if (argv === null || argv.some((word) => !/^[\x20-\x7e]+$/.test(word) || /[*?]|^\.\.\.$|^\$/.test(word))) {
        return null;
      }
      return { argv: [{ words: argv.map((word) => [word]), rest: false }] };
    }
    case "network":
      return /^[a-z0-9._-]*[a-z][a-z0-9._-]*$/.test(target.host)
        ? { hosts: [target.host], ports: [target.port], methods: [target.method] }
        : null;
    case "package":
      return /[*?\s]/.test(target.id) ? null : { packages: [target.id] };
    case "import":
      return /[*?\s]/.test(target.name) ? null : { imports: [target.name] };
    case "model":
    case "secret":
    case "skill":
      return null;
    default:
      return target satisfies never;
  }
}

/** A path as a glob that matches nothing else, or `null` when its letters cannot be written in one. */
function literalPath(path: string, { project, home }: PathRoots): string | null {
  if (/[^\x20-\x7e]|[*?{}[\]()!|\\$]/.test(path)) return null;
  for (const [name, root] of [["project", project], ["home", home]] as const) {
    if (root !== null && path.startsWith(`${root}/`)) return `\${${name}}${path.slice(root.length)}`;
  }
  return path;
}
