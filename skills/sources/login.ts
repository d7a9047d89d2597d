import { SecretBytes, shape } from "../../core/mod.ts";
import { parseUrl } from "../../policy/mod.ts";
import { SkillsError } from "../errors.ts";
import { parseChallenge } from "./challenge.ts";
import type { SourceAnswer, SourceNet, SourceRequest } from "./net.ts";
import type { OciReference } from "./reference.ts";

// A registry that does not like its own tokens is not asked for ever.
const MAX_LOGINS = 8;
const MAX_ANSWER_BYTES = 65_536;
const MAX_TOKEN_CHARACTERS = 12_288;
// RFC 6750: b64token.
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
const ANSWER = shape.object({
  token: shape.optional(shape.string({})),
  access_token: shape.optional(shape.string({})),
}, { others: "dropped" });

/**
 * Wraps the way to a registry so that it logs in where the registry asks for a token: the place that it names is asked
 * for one, for this repository and no other, and the request is sent again with it.
 *
 * The request for the token is decided and recorded like every other. A credential goes to that place only if its
 * binding names it.
 *
 * @param net The way to the network.
 * @param reference The registry and the repository.
 * @param actions `pull`, or `pull,push`.
 * @returns The wrapped way; what goes to other origins passes as it is.
 * @throws {SkillsError} `SOURCE_TRANSPORT` for a place that is not safe, `REDIRECT`, `READ_FAILED`, `SIZE_LIMIT`; and
 * what the network throws.
 */
export function withLogin(net: SourceNet, reference: OciReference, actions: "pull" | "pull,push"): SourceNet {
  let token: SecretBytes | null = null;
  let logins = 0;
  async function send(request: SourceRequest): Promise<SourceAnswer> {
    // Threat: a token, or the wish for one, of a place that the registry sent us to.
    if (new URL(request.url).origin !== reference.origin) return await net.send(request);
    const answer = await net.send(token === null ? request : { ...request, as: { kind: "token", token } });
    if (answer.status !== 401 || logins >= MAX_LOGINS) return answer;
    const challenge = parseChallenge(answer.header("www-authenticate"));
    if (challenge.kind === "none") return answer;
    if (challenge.kind === "bad") throw unsafe(reference, challenge.why);
    logins++;
    const url = tokenUrl(reference, challenge, actions);
    token?.dispose();
    token = null;
    token = await askToken(net, reference, url);
    return await net.send({ ...request, as: { kind: "token", token } });
  }
  return { ...net, send };
}

function tokenUrl(
  reference: OciReference,
  { realm, service }: { readonly realm: string; readonly service: string | null },
  actions: string,
): string {
  let place: ReturnType<typeof parseUrl>;
  try {
    place = parseUrl(realm);
  } catch (cause) {
    throw unsafe(reference, "it is no address that can be asked", cause);
  }
  const own = reference.origin.startsWith("http:") && isLoopback(place.host);
  // Threat: a password in clear text, or a registry far away that has us ask a service of this machine.
  if (place.scheme !== "https" && !own) throw unsafe(reference, "it is not https");
  if (realm.includes("#")) throw unsafe(reference, "it has a fragment");
  const url = new URL(place.url);
  for (const name of ["service", "scope"]) url.searchParams.delete(name);
  if (service !== null) url.searchParams.set("service", service);
  // Threat: a registry that asks, with our password, for a token to somebody else's repository, and gets it.
  url.searchParams.set("scope", `repository:${reference.repository}:${actions}`);
  return url.href;
}

function isLoopback(host: string): boolean {
  return /^127(?:\.\d{1,3}){3}$/.test(host) || host === "::1";
}

async function askToken(net: SourceNet, reference: OciReference, url: string): Promise<SecretBytes> {
  const place = new URL(url).host;
  const answer = await net.send({
    method: "GET",
    url,
    headers: [["accept", "application/json"]],
    body: null,
    maxBytes: MAX_ANSWER_BYTES,
    as: { kind: "login" },
  });
  if (answer.status >= 300 && answer.status < 400) {
    throw new SkillsError("REDIRECT", `Cannot log in to ${reference.host}: ${place} sends us somewhere else`, {
      hint: "ask whoever runs that registry; the password went no further",
    });
  }
  if (answer.status !== 200) {
    throw new SkillsError("READ_FAILED", `Cannot log in to ${reference.host}: ${place} answered ${answer.status}`, {
      hint: "check name and password: --credential HANDLE --as basic:USER, and what that user may do there",
    });
  }
  if (answer.truncated) throw tooLarge(reference, place);
  const text = tokenOf(answer.bytes);
  answer.bytes.fill(0);
  if (text === null) throw noToken(reference, place);
  if (text.length > MAX_TOKEN_CHARACTERS) throw tooLarge(reference, place);
  if (!TOKEN.test(text)) throw noToken(reference, place);
  const bytes = new TextEncoder().encode(text);
  try {
    net.keepSecret(bytes);
  } catch (cause) {
    bytes.fill(0);
    throw noToken(reference, place, cause);
  }
  return new SecretBytes(bytes);
}

function tokenOf(bytes: Uint8Array): string | null {
  try {
    const decoded = ANSWER.safeParse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
    return decoded.success ? decoded.data.token ?? decoded.data.access_token ?? null : null;
  } catch {
    return null;
  }
}

const HINT = "ask whoever runs that registry; nothing was sent to the place that it named";

function unsafe({ host }: OciReference, why: string, cause?: unknown): SkillsError {
  return new SkillsError("SOURCE_TRANSPORT", `Cannot log in to ${host}: the place that it names is refused: ${why}`, {
    hint: HINT,
    cause,
  });
}

function tooLarge({ host }: OciReference, place: string): SkillsError {
  return new SkillsError("SIZE_LIMIT", `Cannot log in to ${host}: ${place} sent a token that is too large`, {
    hint: `tokens have at most ${MAX_TOKEN_CHARACTERS} characters`,
  });
}

function noToken({ host }: OciReference, place: string, cause?: unknown): SkillsError {
  return new SkillsError("READ_FAILED", `Cannot log in to ${host}: ${place} sent no token that can be used`, {
    hint: "ask whoever runs that registry",
    cause,
  });
}
