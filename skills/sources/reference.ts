import { isSha256, type Sha256 } from "../../core/mod.ts";
import { parseUrl } from "../../policy/mod.ts";
import { SkillsError } from "../errors.ts";

/** A skill in an OCI registry. */
export interface OciReference {
  /** Tells it from local sources. */
  readonly kind: "oci";
  /** `http://…` for a literal loopback address, else `https://…`; without a path. */
  readonly origin: string;
  /** `HOST[:PORT]` as it was written. */
  readonly host: string;
  /** Path of the repository, e.g. `acme/pdf-report`. */
  readonly repository: string;
  /** A name that may move, or `null` when only a digest was given. */
  readonly tag: string | null;
  /** Digest of the image manifest, or `null`. */
  readonly digest: Sha256 | null;
}

/** Where a skill comes from. */
export type SourceReference = { readonly kind: "path"; readonly path: string } | OciReference;

const REPOSITORY = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const OCI = /^oci:([^/@\s]+)\/([^@:\s]+)(?::([^@:/\s]+))?(?:@(\S+))?$/;

/**
 * Reads where a skill shall come from.
 *
 * @example
 * ```ts
 * parseSource("./pdf-report-1.2.0.azs"); // { kind: "path", … }
 * parseSource("oci:127.0.0.1:5000/acme/pdf-report:1.2.0"); // { kind: "oci", … }
 * ```
 * @param text What was typed.
 * @returns A path, or a registry.
 * @throws {SkillsError} `SOURCE_TRANSPORT` for a way that is not understood or not safe, `SOURCE_UNPINNED` for a moving
 * git reference, `ARGS_INVALID` for a malformed one.
 */
export function parseSource(text: string): SourceReference {
  if (text.startsWith("oci:")) return parseOciReference(text);
  if (text.startsWith("git+")) throw gitRefusal(text);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined) {
    throw transport(
      text,
      scheme === "npm" ? "packages of npm are not a source yet" : `"${clip(scheme)}:" is not a source of skills`,
      scheme === "npm" ? fetchFirst("npm pack, unpack") : fetchFirst("download"),
    );
  }
  if (text.includes("/") || text.includes("\\") || text.endsWith(".azs") || text === "." || text === "..") {
    return { kind: "path", path: text };
  }
  throw transport(
    text,
    "there is no index of names",
    `name a folder (./${clip(text)}), a file (./${clip(text)}.azs) or oci:HOST/REPO:TAG`,
  );
}

function gitRefusal(text: string): SkillsError {
  if (!text.startsWith("git+https://")) {
    return transport(text, "only git+https is ever a source", fetchFirst("git clone"));
  }
  if (!/#[0-9a-f]{40}(?::[^#]*)?$/.test(text)) {
    return new SkillsError("SOURCE_UNPINNED", `Cannot take a skill from "${clip(text)}": it names no commit`, {
      hint: "end it with # and the 40 hex digits of one commit; branches and tags move",
    });
  }
  return transport(text, "git is not a source yet", fetchFirst("git clone"));
}

function fetchFirst(how: string): string {
  return `get the files yourself (${how}), look at them, then: agentzero skill install ./DIR or ./FILE.azs`;
}

/**
 * Reads a reference into a registry.
 *
 * @param text `oci:HOST[:PORT]/REPO[:TAG][@sha256:…]`.
 * @returns The reference.
 * @throws {SkillsError} `SOURCE_TRANSPORT`, `ARGS_INVALID`.
 */
export function parseOciReference(text: string): OciReference {
  if (/^oci:https?:\/\//.test(text)) {
    throw transport(
      text,
      "a reference has no scheme",
      "write oci:HOST[:PORT]/REPO[:TAG]; plain http is for loopback only",
    );
  }
  const [, host = "", repository = "", tag = null, digest = null] = OCI.exec(text) ?? [];
  const fault = host === ""
    ? "it is not oci:HOST[:PORT]/REPO[:TAG][@sha256:…]"
    : !REPOSITORY.test(repository) || repository.length > 255
    ? "a repository has lower-case letters, digits and . _ - between them"
    : tag !== null && !TAG.test(tag)
    ? "a tag has up to 128 letters, digits and . _ -"
    : digest !== null && !isSha256(digest)
    ? "its digest is not sha256: and 64 hex digits"
    : null;
  if (fault !== null) {
    throw new SkillsError("ARGS_INVALID", `Cannot read "${clip(text)}": ${fault}`, {
      hint: "e.g. oci:127.0.0.1:5000/example-org/pdf-report:1.2.0",
    });
  }
  return {
    kind: "oci",
    origin: originOf(host, text),
    host,
    repository,
    tag: tag ?? (digest === null ? "latest" : null),
    digest: isSha256(digest) ? digest : null,
  };
}

// Threat: a package, or the question for it, in clear text on a network. The name "localhost" can be made to lead
// elsewhere; a literal address cannot.
function originOf(host: string, text: string): string {
  const scheme = /^(127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host) ? "http" : "https";
  try {
    const parsed = parseUrl(`${scheme}://${host}/`);
    return new URL(parsed.url).origin;
  } catch (cause) {
    throw new SkillsError("ARGS_INVALID", `Cannot read "${clip(text)}": "${clip(host)}" is not a host`, {
      hint: "e.g. oci:registry.example.com/example-org/pdf-report:1.2.0",
      cause,
    });
  }
}

/**
 * Writes a reference with the digest that was read.
 *
 * @param reference The reference.
 * @param digest Digest of the image manifest.
 * @returns `oci:HOST/REPO[:TAG]@sha256:…`.
 */
export function formatOciReference({ host, repository, tag }: OciReference, digest: Sha256): string {
  return `oci:${host}/${repository}${tag === null ? "" : `:${tag}`}@${digest}`;
}

function transport(text: string, why: string, hint: string): SkillsError {
  return new SkillsError("SOURCE_TRANSPORT", `Cannot take a skill from "${clip(text)}": ${why}`, { hint });
}

function clip(text: string): string {
  return text.length > 120 ? `${text.slice(0, 117).toWellFormed()}...` : text;
}
