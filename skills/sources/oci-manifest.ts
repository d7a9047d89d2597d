import { isSha256, type Sha256, sha256, shape } from "../../core/mod.ts";
import { SkillsError } from "../errors.ts";
import { misfitText } from "../misfit-text.ts";

/** Media type of the image manifest. */
export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
/** What a skill is in a registry. */
export const ARTIFACT_TYPE = "application/vnd.agentzero.skill.v1";
/** Media type of the archive. */
export const PACKAGE_TYPE = "application/vnd.agentzero.skill.package.v1.tar";
/** Media type of the signature. */
export const SIGNATURE_TYPE = "application/vnd.minisign.signature.v1";
/** Media type of the empty config. */
export const EMPTY_TYPE = "application/vnd.oci.empty.v1+json";
/** The empty config. */
export const EMPTY_CONFIG: Uint8Array = new TextEncoder().encode("{}");

/** More than any manifest of two layers needs. */
export const MAX_MANIFEST_BYTES = 65_536;

/** A blob as a manifest names it. */
export interface Descriptor {
  /** What it is. */
  readonly mediaType: string;
  /** Digest of its bytes. */
  readonly digest: Sha256;
  /** Bytes. */
  readonly size: number;
}

/** The two layers of a skill. */
export interface SkillLayers {
  /** The archive. */
  readonly archive: Descriptor;
  /** Its signature. */
  readonly signature: Descriptor;
}

const DESCRIPTOR = shape.object({
  mediaType: shape.string({ max: 255 }),
  digest: shape.guarded(isSha256, "a digest"),
  size: shape.integer({ min: 0 }),
}, { others: "dropped" });

const MANIFEST = shape.object({
  schemaVersion: shape.integer({ min: 2, max: 2 }),
  mediaType: shape.optional(shape.oneOf(MANIFEST_TYPE)),
  artifactType: shape.oneOf(ARTIFACT_TYPE),
  config: DESCRIPTOR,
  layers: shape.list(DESCRIPTOR, { min: 2, max: 2 }),
}, { others: "dropped" });

/**
 * Reads an image manifest: exactly two layers, the archive and its signature.
 *
 * @param bytes What the registry sent; its digest was checked.
 * @returns The layers.
 * @throws {SkillsError} `ARTIFACT_LAYOUT`.
 */
export function parseManifest(bytes: Uint8Array): SkillLayers {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw layout("its manifest is not JSON");
  }
  const decoded = MANIFEST.safeParse(value);
  if (!decoded.success) throw layout(misfitText(decoded.error.issues));
  const { config, layers } = decoded.data;
  if (config.mediaType !== EMPTY_TYPE || config.digest !== sha256(EMPTY_CONFIG)) {
    throw layout("its config is not empty");
  }
  const archive = layers.find(({ mediaType }) => mediaType === PACKAGE_TYPE);
  const signature = layers.find(({ mediaType }) => mediaType === SIGNATURE_TYPE);
  if (archive === undefined || signature === undefined) throw layout("its layers are not a package and a signature");
  return { archive, signature };
}

function layout(why: string): SkillsError {
  return new SkillsError("ARTIFACT_LAYOUT", `Cannot take a skill from the registry: ${why}`, {
    hint: "it is something else, e.g. a container image; skills are pushed with agentzero skill push FILE REF",
  });
}

/**
 * Writes the image manifest of a skill. Equal packages have equal manifests: no date, no name of a machine.
 *
 * @param layers The layers.
 * @param title File name of the archive.
 * @returns The bytes.
 */
export function formatManifest({ archive, signature }: SkillLayers, title: string): Uint8Array {
  const name = "org.opencontainers.image.title";
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType: ARTIFACT_TYPE,
    config: { mediaType: EMPTY_TYPE, digest: sha256(EMPTY_CONFIG), size: EMPTY_CONFIG.length },
    layers: [
      { ...archive, annotations: { [name]: title } },
      { ...signature, annotations: { [name]: `${title}.minisig` } },
    ],
  };
  return new TextEncoder().encode(JSON.stringify(manifest));
}

/** Describes bytes. */
export function describe(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: sha256(bytes), size: bytes.length };
}
