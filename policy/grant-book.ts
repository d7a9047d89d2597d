import type { Capability, SkillActor } from "../core/mod.ts";
import type { GrantScope } from "./document.ts";
import type { Facts } from "./facts.ts";
import type { GrantView, Question } from "./grant-view.ts";
import { type GrantRecord, isInForce, namesAll, permissionDigest } from "./grants.ts";
import { isRecord } from "./mac.ts";
import type { WordPattern } from "./matchers.ts";
import { shapeOf } from "./shape.ts";
import { type CompiledWords, compileWords, matchWords } from "./word-pattern.ts";

/** A stored deny of a whole word pattern. */
interface NeverPattern {
  readonly id: string;
  readonly patterns: readonly CompiledWords[];
}

/**
 * Remembered answers, indexed for decisions. Immutable: a change makes a new book.
 */
export class GrantBook implements GrantView {
  readonly #allows = new Map<string, GrantRecord[]>();
  readonly #packages = new Map<string, GrantRecord[]>();
  readonly #nevers = new Map<string, string>();
  readonly #neverPatterns: NeverPattern[] = [];
  readonly #neverCapabilities = new Set<Capability>();
  readonly #now: () => number;

  /**
   * @param records Answers that hold in this project.
   * @param now Wall time in milliseconds, to see what has expired.
   */
  constructor(records: readonly GrantRecord[], now: () => number) {
    this.#now = now;
    for (const record of records) {
      if (record.decision === "deny") this.#addNever(record);
      else if (record.permissions !== null && record.skill !== null) push(this.#packages, record.skill.id, record);
      else push(this.#allows, keyOf(record.capability, record.shape), record);
    }
  }

  #addNever(record: GrantRecord): void {
    this.#neverCapabilities.add(record.capability);
    const patterns = readPatterns(record.shape);
    if (patterns === null) this.#nevers.set(keyOf(record.capability, record.shape), record.id);
    else this.#neverPatterns.push({ id: record.id, patterns });
  }

  /** The id of a stored deny for this action, or `null`. */
  never({ capability, action, target }: Facts): string | null {
    if (!this.#neverCapabilities.has(capability)) return null;
    const exact = this.#nevers.get(keyOf(capability, shapeOf(action)));
    if (exact !== undefined || target.kind !== "command" || target.argv === null) return exact ?? null;
    const { argv } = target;
    const mode = { pathForms: true, options: null };
    return this.#neverPatterns.find(({ patterns }) => patterns.some((words) => matchWords(words, argv, mode)))?.id ??
      null;
  }

  /** The scope of an answer that covers the question, or `null`. */
  answers(question: Question): GrantScope | null {
    const { facts, asks, shape } = question;
    const exact = this.#allows.get(keyOf(facts.capability, shape))?.find((grant) =>
      this.#covers(grant, facts) && (grant.tainted || !facts.action.tainted) && namesAll(grant.rules, asks)
    );
    const grant = exact ?? this.#packageGrant(question);
    return grant === undefined || grant.scope === "never" ? null : grant.scope;
  }

  /**
   * The approval of a package as a whole answers asks about its own atoms: the ceiling has already held that the action
   * is one of them. It was given for any arguments, so that taint matters only where taint is what asks.
   */
  #packageGrant({ facts, byPackage, aboutTaint }: Question): GrantRecord | undefined {
    const { skill } = facts;
    if (skill === null || !byPackage) return undefined;
    return this.#grantsOf(skill).find((grant) => grant.tainted || !aboutTaint);
  }

  /** How far a package is approved as it stands. */
  packageGrant(skill: SkillActor): GrantScope | null {
    const scopes = this.#grantsOf(skill).map((grant) => grant.scope);
    return scopes.includes("package") ? "package" : scopes.includes("session") ? "session" : null;
  }

  #grantsOf(skill: SkillActor): readonly GrantRecord[] {
    const list = this.#packages.get(skill.id);
    if (list === undefined) return [];
    const permissions = permissionDigest(skill);
    return list.filter((grant) => grant.permissions === permissions && this.#covers(grant, { skill }));
  }

  #covers(grant: GrantRecord, { skill }: Pick<Facts, "skill">): boolean {
    if (!isInForce(grant, this.#now())) return false;
    if (skill === null || grant.skill === null) return skill === null && grant.skill === null;
    // Threat: other code under the same name.
    return grant.skill.id === skill.id && grant.skill.digest === skill.digest;
  }
}

function keyOf(capability: Capability, shape: string): string {
  return `${capability}\n${shape}`;
}

function push(map: Map<string, GrantRecord[]>, key: string, record: GrantRecord): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [record]);
  else list.push(record);
}

/** Reads the word patterns out of the shape of a pattern answer; `null` for exact shapes. */
function readPatterns(shape: string): readonly CompiledWords[] | null {
  if (!shape.startsWith('{"patterns":')) return null;
  const parsed: unknown = JSON.parse(shape);
  const patterns = isRecord(parsed) ? parsed["patterns"] : null;
  return Array.isArray(patterns) ? patterns.filter(isWordPattern).map(compileWords) : null;
}

function isWordPattern(value: unknown): value is WordPattern {
  return isRecord(value) && typeof value["rest"] === "boolean" && Array.isArray(value["words"]) &&
    value["words"].every((word) => Array.isArray(word) && word.every((choice) => typeof choice === "string"));
}
