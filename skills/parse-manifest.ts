import { canonicalJson, isDigest, type Shape, shape, type SkillPermissions } from "../core/mod.ts";
import { PACKAGE_LIMITS } from "./archive-limits.ts";
import { SkillsError } from "./errors.ts";
import { decodeUtf8 } from "./front-matter.ts";
import { type Manifest, MANIFEST_PATH } from "./manifest.ts";
import { misfitText } from "./misfit-text.ts";
import { findInvisible } from "./visible-text.ts";

/**
 * Reads a manifest. Only the one spelling that we write is accepted.
 *
 * @param bytes Untrusted.
 * @returns The manifest; whether it tells the truth is another check.
 * @throws {SkillsError} `SIZE_LIMIT`, `MANIFEST_TEXT`, `MANIFEST_SYNTAX`.
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  if (bytes.length > PACKAGE_LIMITS.manifestBytes) {
    throw refuse("SIZE_LIMIT", `it has ${bytes.length} bytes, more than ${PACKAGE_LIMITS.manifestBytes}`);
  }
  const text = decodeUtf8(bytes);
  if (text === null) throw refuse("MANIFEST_SYNTAX", "it is not valid UTF-8");
  const hit = findInvisible(text.replaceAll("\r", " "));
  if (hit !== null) throw refuse("MANIFEST_TEXT", `it has the invisible character ${hit.name}`);
  const value = parseJson(text);
  if (hasHiddenText(value)) throw refuse("MANIFEST_TEXT", "a text in it has a control or invisible character");
  const decoded = MANIFEST.safeParse(value);
  if (!decoded.success) throw refuse("MANIFEST_SYNTAX", misfitText(decoded.error.issues));
  if (`${canonicalJson(decoded.data)}\n` !== text) {
    throw refuse("MANIFEST_SYNTAX", "it is not canonical JSON and one line feed");
  }
  return decoded.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refuse("MANIFEST_SYNTAX", "it is not JSON");
  }
}

function hasHiddenText(value: unknown, depth = 0): boolean {
  if (typeof value === "string") return /[\t\n]/.test(value) || findInvisible(value) !== null;
  if (typeof value !== "object" || value === null || depth > 8) return false;
  return Object.entries(value).some(([key, member]) => hasHiddenText(key) || hasHiddenText(member, depth + 1));
}

const DIGEST = shape.guarded(isDigest, "b2: and 64 hex digits");
const COUNT = shape.integer({ min: 0 });
const TEXTS = shape.list(shape.string(), { max: 64 });

const PERMISSIONS: Shape<SkillPermissions> = shape.object({
  exec: TEXTS,
  "fs.read": TEXTS,
  "fs.write": TEXTS,
  limits: shape.record(shape.string(), COUNT),
  net: shape.list(shape.object({ methods: TEXTS, origin: shape.string(), path: shape.string() }), { max: 64 }),
  runtime: shape.string(),
  secret: shape.list(shape.object({ handle: shape.string(), origin: shape.string(), slot: shape.string() }), {
    max: 64,
  }),
  v: shape.guarded((value): value is 1 => value === 1, "the number 1"),
  world: shape.nullable(shape.string()),
});

/** Compiled permissions as data, e.g. in a lock or a grant: form only. */
export const PERMISSIONS_SHAPE: Shape<SkillPermissions> = PERMISSIONS;

const MANIFEST: Shape<Manifest> = shape.object({
  files: shape.list(
    shape.object({ b2: DIGEST, exec: shape.flag(), path: shape.string({ min: 1, max: 100 }), size: COUNT }),
    { max: 512 },
  ),
  id: shape.string(),
  perm: DIGEST,
  permissions: PERMISSIONS,
  previous: shape.nullable(DIGEST),
  root: DIGEST,
  seq: COUNT,
  v: shape.guarded((value): value is 1 => value === 1, "the number 1"),
  version: shape.string(),
  wasm: shape.nullable(DIGEST),
});

function refuse(code: "MANIFEST_SYNTAX" | "MANIFEST_TEXT" | "SIZE_LIMIT", seen: string): SkillsError {
  return new SkillsError(code, `Cannot read "${MANIFEST_PATH}": ${seen}`, {
    path: MANIFEST_PATH,
    hint: "make the package anew with `agentzero skill pack`",
  });
}
