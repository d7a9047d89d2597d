import { type Digest, isDigest, shape } from "../../core/mod.ts";
import { editTrustFile, readTrustFile, tampered, trustPath, type TrustPlace } from "./place.ts";

/** The highest release of a skill that was verified here. */
export interface SeenRelease {
  /** Number of the release. */
  readonly seq: number;
  /** Its version. */
  readonly version: string;
  /** Digest of the package. */
  readonly digest: Digest;
  /** The text of its signature: who signed what. */
  readonly minisig: string;
}

/** Two different packages that one publisher signed as the same version. */
export interface Evidence {
  /** `NAMESPACE/NAME`. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What was seen first. */
  readonly first: SeenRelease;
  /** What came later. */
  readonly second: SeenRelease;
}

/** What was seen on this machine, in all projects. */
export interface Seen {
  /** Releases by id. */
  readonly ids: Readonly<Record<string, SeenRelease>>;
  /** Publishers that said two things. */
  readonly evidence: readonly Evidence[];
  /** Digests of texts of folder skills that a person activated, by project and place. */
  readonly texts: Readonly<Record<string, Digest>>;
  /** Counters that only grow, by name: against putting old files of generated tools back. */
  readonly epochs: Readonly<Record<string, number>>;
}

const NOTHING: Seen = { ids: {}, evidence: [], texts: {}, epochs: {} };

const DIGEST = shape.guarded(isDigest, "a digest");
const RELEASE = shape.object({
  seq: shape.integer({ min: 0 }),
  version: shape.string(),
  digest: DIGEST,
  minisig: shape.string({ max: 4096 }),
});
const NAME = shape.string({ min: 1 });
const SEEN = shape.object({
  ids: shape.record(NAME, RELEASE),
  evidence: shape.list(
    shape.object({ id: shape.string(), at: shape.integer(), first: RELEASE, second: RELEASE }),
  ),
  texts: shape.record(NAME, DIGEST),
  epochs: shape.record(NAME, shape.integer({ min: 0 })),
}, { others: "dropped" });

/** Reads what was seen. @throws {SkillsError} `TRUST_TAMPERED`, `TRUST_LOCKED`. */
export function readSeen(place: TrustPlace): Seen {
  return seenOf(place, readTrustFile(place, "seen"));
}

function seenOf(place: TrustPlace, content: Readonly<Record<string, unknown>> | null): Seen {
  if (content === null) return NOTHING;
  const decoded = SEEN.safeParse(content);
  if (!decoded.success) throw tampered(trustPath(place.home, "seen"), "it is not what this program writes");
  return decoded.data;
}

/**
 * Notes a verified release. Never lowers what was seen: an older one, installed on purpose, changes nothing.
 *
 * @param place Where trust is kept.
 * @param id `NAMESPACE/NAME`.
 * @param release The release.
 */
export function noteRelease(place: TrustPlace, id: string, release: SeenRelease): void {
  const before = readSeen(place).ids[id];
  if (before !== undefined && before.seq >= release.seq) return;
  change(place, (seen) => {
    const known = seen.ids[id];
    return known !== undefined && known.seq >= release.seq ? seen : { ...seen, ids: { ...seen.ids, [id]: release } };
  });
}

const MAX_EVIDENCE = 50;

/** Keeps both signatures of a publisher that said two things; the newest fifty. */
export function noteEvidence(place: TrustPlace, evidence: Omit<Evidence, "at">): void {
  const known = readSeen(place).evidence.some(({ first, second }) =>
    first.digest === evidence.first.digest && second.digest === evidence.second.digest
  );
  if (known) return;
  change(place, (seen) => ({
    ...seen,
    evidence: [...seen.evidence, { ...evidence, at: place.clock.now() }].slice(-MAX_EVIDENCE),
  }));
}

/**
 * Remembers which text of a folder skill a person activated.
 *
 * @param place Where trust is kept.
 * @param key Project and place of the skill.
 * @param text Digest of its text.
 */
export function noteText(place: TrustPlace, key: string, text: Digest): void {
  if (readSeen(place).texts[key] === text) return;
  change(place, (seen) => ({ ...seen, texts: { ...seen.texts, [key]: text } }));
}

/**
 * Reads a counter that only grows.
 *
 * @param place Where trust is kept.
 * @param name Its name.
 * @returns Its value, 0 when it was never raised.
 * @throws {SkillsError} `TRUST_TAMPERED`, `TRUST_LOCKED`.
 */
export function readEpoch(place: TrustPlace, name: string): number {
  const { epochs } = readSeen(place);
  return Object.hasOwn(epochs, name) ? epochs[name] ?? 0 : 0;
}

/** Raises a counter; a lower value changes nothing. */
export function raiseEpoch(place: TrustPlace, name: string, value: number): void {
  if (readEpoch(place, name) >= value) return;
  change(place, (seen) => ({
    ...seen,
    epochs: { ...seen.epochs, [name]: Math.max(value, seen.epochs[name] ?? 0) },
  }));
}

function change(place: TrustPlace, edit: (seen: Seen) => Seen): void {
  editTrustFile(place, "seen", (content) => ({ ...edit(seenOf(place, content)) }));
}
