import { type Sha256, sha256 } from "../../core/mod.ts";
import { SkillsError } from "../errors.ts";
import type { SourceAnswer, SourceNet } from "./net.ts";
import { ledTo } from "./led-to.ts";
import { withLogin } from "./login.ts";
import {
  describe,
  type Descriptor,
  EMPTY_CONFIG,
  EMPTY_TYPE,
  formatManifest,
  MANIFEST_TYPE,
  PACKAGE_TYPE,
  SIGNATURE_TYPE,
} from "./oci-manifest.ts";
import { refusedBy } from "./oci-pull.ts";
import { formatOciReference, type OciReference } from "./reference.ts";

/** What was pushed. */
export interface Pushed {
  /** Digest of the image manifest. */
  readonly digest: Sha256;
  /** The reference with that digest. */
  readonly source: string;
}

/**
 * Pushes a signed package: three blobs, then the manifest under its tag.
 *
 * @param way The way to the network.
 * @param reference Registry, repository and tag.
 * @param skill Archive, signature, and the archive's file name.
 * @returns Its digest in the registry.
 * @throws {SkillsError} `REDIRECT`, `READ_FAILED`, and what the network throws.
 */
export async function pushSkill(
  way: SourceNet,
  reference: OciReference,
  skill: { readonly archive: Uint8Array; readonly minisig: Uint8Array; readonly title: string },
): Promise<Pushed> {
  const net = withLogin(way, reference, "pull,push");
  const archive = describe(PACKAGE_TYPE, skill.archive);
  const signature = describe(SIGNATURE_TYPE, skill.minisig);
  await pushBlob(net, reference, { descriptor: describe(EMPTY_TYPE, EMPTY_CONFIG), bytes: EMPTY_CONFIG });
  await pushBlob(net, reference, { descriptor: signature, bytes: skill.minisig });
  await pushBlob(net, reference, { descriptor: archive, bytes: skill.archive });
  const manifest = formatManifest({ archive, signature }, skill.title);
  const digest = sha256(manifest);
  const answer = await net.send({
    method: "PUT",
    url: `${reference.origin}/v2/${reference.repository}/manifests/${reference.tag ?? digest}`,
    headers: [["content-type", MANIFEST_TYPE]],
    body: manifest,
    maxBytes: 4096,
  });
  if (answer.status !== 201) throw refusedBy(answer, "push the manifest", reference);
  return { digest, source: formatOciReference(reference, digest) };
}

async function pushBlob(
  net: SourceNet,
  reference: OciReference,
  blob: { readonly descriptor: Descriptor; readonly bytes: Uint8Array },
): Promise<void> {
  const base = `${reference.origin}/v2/${reference.repository}/blobs/`;
  const { digest } = blob.descriptor;
  const there = await net.send({ method: "HEAD", url: `${base}${digest}`, headers: [], body: null, maxBytes: 0 });
  if (there.status === 200) return;
  const begun = await net.send({
    method: "POST",
    url: `${base}uploads/`,
    headers: [],
    body: new Uint8Array(),
    maxBytes: 4096,
  });
  if (begun.status !== 202) throw refusedBy(begun, "begin an upload", reference);
  const done = await net.send({
    method: "PUT",
    url: uploadUrl(begun, base, digest),
    headers: [["content-type", "application/octet-stream"]],
    body: blob.bytes,
    maxBytes: 4096,
  });
  if (done.status !== 201) throw refusedBy(done, "upload a blob", reference);
}

// Threat: a registry that has us send the package to a place that nobody chose.
function uploadUrl(begun: SourceAnswer, base: string, digest: Sha256): string {
  const place = ledTo(begun.header("location"), base);
  if (place === null || place.origin !== new URL(base).origin) {
    throw new SkillsError("REDIRECT", `Cannot push: the registry wants the upload at ${place?.origin ?? "no place"}`, {
      hint: "push to the registry that takes the upload itself",
    });
  }
  place.searchParams.set("digest", digest);
  return place.href;
}
