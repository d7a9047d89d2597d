import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { b2, isDigest, type SkillActor } from "../core/mod.ts";
import { BUILTIN_PINS, type BuiltinPin } from "./builtin-pins.ts";
import { SkillsError } from "./errors.ts";
import type { OtherSkill } from "./library.ts";
import { readContent } from "./package-content.ts";
import { RESERVED_NAMESPACE } from "./names.ts";
import { type GrantedSkill, Stage } from "./stages.ts";

const FOLDER = fileURLToPath(new URL("./builtin/", import.meta.url));

/**
 * Lists the skills that are part of this build, for {@link openSkills}. Their packages are read when one is loaded, and
 * believed only as far as their digests are those of this build.
 *
 * @returns One entry each.
 */
export function builtinSkills(): readonly OtherSkill[] {
  return BUILTIN_PINS.map((pin) => ({
    description: pin.description,
    listing: {
      name: pin.name,
      id: `${RESERVED_NAMESPACE}/${pin.name}`,
      version: pin.version,
      profile: "secure",
      runtime: pin.runtime,
      state: "ready",
      code: null,
      perm: digestOf(pin.perm),
      fingerprint: digestOf(pin.fingerprint),
      source: "builtin",
      ignored: [],
      place: "builtin",
    },
    load: () => Promise.resolve(loadBuiltin(pin)),
  }));
}

/**
 * Loads a built-in skill: the same reader as for every package, and the digest of this build in the place of a signature.
 *
 * @param pin Which one.
 * @returns The skill; what it declares is granted with the program.
 * @throws {SkillsError} `CAS_DIGEST` when its file is missing or is not the one that was built.
 */
export function loadBuiltin(pin: BuiltinPin): GrantedSkill {
  const archive = readPackage(pin);
  const content = readContent(archive, b2(archive));
  const { manifest, md, header, component, textDigest, fingerprint } = content;
  const bytesOf = new Map(content.files.map(({ path, bytes }) => [path, bytes]));
  const actor: SkillActor = {
    id: header.id,
    version: header.version,
    publisher: null,
    digest: content.digest,
    trust: "signed",
    permissions: header.permissions,
    roots: {},
  };
  return {
    stage: new Stage("granted"),
    name: md.name,
    md,
    actor,
    permissions: header.permissions,
    perm: header.perm,
    fingerprint,
    runtime: header.runtime,
    entry: header.entry,
    file: (path) => bytesOf.get(path) ?? null,
    files: manifest.files.map(({ path, size }) => ({ path, size })),
    component,
    text: md.body,
    textDigest,
  };
}

// Threat: a file of the installation that was replaced. The very bytes that were hashed are those that run.
function readPackage({ name, file, digest }: BuiltinPin): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(`${FOLDER}${file}`);
  } catch (cause) {
    throw broken(name, "its package is missing", cause);
  }
  if (b2(bytes) === digest) return bytes;
  throw broken(name, "its package is not the one that was built");
}

function broken(name: string, why: string, cause?: unknown): SkillsError {
  return new SkillsError("CAS_DIGEST", `Cannot load built-in skill "${name}": ${why}`, {
    hint: "reinstall agentzero; in a clone: npm run build",
    cause,
  });
}

function digestOf(text: string): NonNullable<OtherSkill["listing"]["fingerprint"]> {
  if (isDigest(text)) return text;
  throw new SkillsError("CAS_DIGEST", "Cannot list built-in skills: a pin is no digest");
}
