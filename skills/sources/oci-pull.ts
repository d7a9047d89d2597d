import { isSha256, type Sha256, sha256 } from "../../core/mod.ts";
import { SkillsError } from "../errors.ts";
import type { SourceAnswer, SourceNet, SourceRequest } from "./net.ts";
import { ledTo } from "./led-to.ts";
import { withLogin } from "./login.ts";
import { type Descriptor, MANIFEST_TYPE, MAX_MANIFEST_BYTES, parseManifest } from "./oci-manifest.ts";
import { formatOciReference, type OciReference } from "./reference.ts";

/** The bytes that a source gave; nothing is verified but their digests. */
export interface SourceBytes {
  /** The archive. */
  readonly archive: Uint8Array;
  /** The text of its signature. */
  readonly minisig: Uint8Array;
  /** The source with the digest that was read. */
  readonly source: string;
}

const MAX_PACKAGE_BYTES = 67_108_864;
const MAX_SIGNATURE_BYTES = 4096;
const MAX_REDIRECTS = 3;

/**
 * Pulls a skill from a registry. A tag is resolved once; from then on only digests are used.
 *
 * @param net The way to the network.
 * @param reference What to pull.
 * @returns Archive, signature, and the reference with its digest.
 * @throws {SkillsError} `NOT_FOUND`, `TAG_MOVED`, `DIGEST`, `ARTIFACT_LAYOUT`, `SIZE_LIMIT`, `REDIRECT`, `READ_FAILED`,
 * and what the network throws.
 */
export async function pullSkill(net: SourceNet, reference: OciReference): Promise<SourceBytes> {
  const pull = { net: withLogin(net, reference, "pull"), reference };
  const resolved = reference.digest ?? await resolveTag(pull);
  const manifest = await read(pull, `manifests/${resolved}`, { max: MAX_MANIFEST_BYTES, what: "the manifest" });
  if (manifest === null) {
    if (reference.digest !== null) throw notFound(reference);
    throw new SkillsError("TAG_MOVED", `Cannot pull "${reference.tag ?? ""}": it changed while it was read`, {
      hint: "ask its publisher, then try again",
    });
  }
  // Threat: a registry that serves damaged or other bytes as 200.
  if (sha256(manifest.bytes) !== resolved || manifest.truncated) throw wrongBytes("the manifest", resolved);
  const { archive, signature } = parseManifest(manifest.bytes);
  checkSize(archive, MAX_PACKAGE_BYTES, "package");
  checkSize(signature, MAX_SIGNATURE_BYTES, "signature");
  const minisig = await readBlob(pull, signature, "the signature");
  return {
    archive: await readBlob(pull, archive, "the package"),
    minisig,
    source: formatOciReference(reference, resolved),
  };
}

interface Pull {
  readonly net: SourceNet;
  readonly reference: OciReference;
}

async function resolveTag(pull: Pull): Promise<Sha256> {
  const { net, reference } = pull;
  const tag = reference.tag ?? "latest";
  const url = `${reference.origin}/v2/${reference.repository}/manifests/${tag}`;
  const head = await follow(net, { method: "HEAD", url, headers: ACCEPT, body: null, maxBytes: 0 });
  const named = head.header("docker-content-digest");
  if (head.status === 200 && isSha256(named)) return named;
  if (head.status === 404) throw notFound(reference);
  // A registry without that header: the bytes are read once, and their digest is what counts from then on.
  const answer = await read(pull, `manifests/${tag}`, { max: MAX_MANIFEST_BYTES, what: "the manifest" });
  if (answer === null) throw notFound(reference);
  if (answer.truncated) throw tooLarge("manifest", MAX_MANIFEST_BYTES);
  return sha256(answer.bytes);
}

const ACCEPT: SourceRequest["headers"] = [["accept", MANIFEST_TYPE]];

async function readBlob(pull: Pull, descriptor: Descriptor, what: string): Promise<Uint8Array> {
  const answer = await read(pull, `blobs/${descriptor.digest}`, { max: descriptor.size, what });
  if (answer === null) throw notFound(pull.reference);
  const whole = !answer.truncated && answer.bytes.length === descriptor.size;
  if (!whole || sha256(answer.bytes) !== descriptor.digest) throw wrongBytes(what, descriptor.digest);
  return answer.bytes;
}

async function read(
  { net, reference }: Pull,
  path: string,
  { max, what }: { readonly max: number; readonly what: string },
): Promise<SourceAnswer | null> {
  const url = `${reference.origin}/v2/${reference.repository}/${path}`;
  const headers = path.startsWith("manifests/") ? ACCEPT : [];
  const answer = await follow(net, { method: "GET", url, headers, body: null, maxBytes: max });
  if (answer.status === 200) return answer;
  if (answer.status === 404) return null;
  throw refusedBy(answer, `pull ${what}`, reference);
}

/**
 * Says that a registry did not do what was asked.
 *
 * @param answer What it said.
 * @param action What could not be done.
 * @param reference The registry.
 * @returns The failure; nothing of the answer's text stands in it.
 */
export function refusedBy(answer: SourceAnswer, action: string, { host }: OciReference): SkillsError {
  const denied = answer.status === 401 || answer.status === 403;
  return new SkillsError("READ_FAILED", `Cannot ${action}: ${host} answered ${answer.status}`, {
    hint: denied
      ? "it wants to know who asks: agentzero vault set NAME, bind it to the host, then --credential HANDLE --as basic:USER"
      : "ask whoever runs that registry, or try again later",
  });
}

// Threat: a registry that sends us somewhere else, e.g. into the own network. Another origin is a request of its own.
async function follow(net: SourceNet, request: SourceRequest): Promise<SourceAnswer> {
  let { url } = request;
  for (let hop = 0;; hop++) {
    // oxlint-disable-next-line no-await-in-loop -- each redirect depends on the one before
    const answer = await net.send({ ...request, url });
    if (![301, 302, 303, 307, 308].includes(answer.status)) return answer;
    const next = ledTo(answer.header("location"), url);
    const same = next?.origin === new URL(url).origin;
    const fault = next === null
      ? "it leads nowhere"
      : hop >= MAX_REDIRECTS
      ? `more than ${MAX_REDIRECTS} redirects`
      : next.protocol !== "https:" && !same
      ? `it leads to ${next.origin}, which is not https`
      : !same && !net.allows({ method: request.method, url: next.href })
      ? `it leads to ${next.origin}, which no rule allows without a question`
      : null;
    if (next === null || fault !== null) {
      throw new SkillsError("REDIRECT", `Cannot follow the registry at ${new URL(url).host}: ${fault ?? ""}`, {
        hint: "name the registry that holds the package, or allow that host: a rule with network_request in policy.yml",
      });
    }
    url = next.href;
  }
}

function checkSize({ size }: Descriptor, max: number, what: string): void {
  if (size > max) throw tooLarge(what, max);
}

function tooLarge(what: string, max: number): SkillsError {
  return new SkillsError("SIZE_LIMIT", `Cannot pull the ${what}: it has more than ${max} bytes`, {
    hint: "packages have at most 64 MiB, signatures 4 KiB",
  });
}

function wrongBytes(what: string, digest: Sha256): SkillsError {
  return new SkillsError("DIGEST", `Cannot pull ${what}: the registry sent other bytes than ${digest}`, {
    hint: "the registry is damaged or lies: tell whoever runs it, and do not use what it sent",
  });
}

function notFound({ host, repository, tag, digest }: OciReference): SkillsError {
  const name = `${repository}${tag === null ? "" : `:${tag}`}${digest === null ? "" : `@${digest}`}`;
  return new SkillsError("NOT_FOUND", `Cannot pull "${name}": ${host} does not have it`, {
    hint: "check repository and tag; the publisher pushes with agentzero skill push FILE REF",
  });
}
