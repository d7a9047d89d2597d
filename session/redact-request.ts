import type { Classification, Redactor } from "../core/mod.ts";
import type { CallFailure } from "./call.ts";
import type { HttpSpec } from "./http.ts";
import type { Passage } from "./passage.ts";
import type { Prepared } from "./tools/tool.ts";
import { decodeText } from "./tools/write-effect.ts";

/**
 * Masks what a call would send, as far as a rule obliges to: body and header values are masked, an address cannot be.
 * What a command sends is not known beforehand, so that it fails.
 *
 * Threat: a rule lets a host be reached with personal data masked, and the request carries it as it is.
 *
 * @param passage The decided call.
 * @param prepared What would run.
 * @returns What runs instead, or why nothing may.
 * @throws {CoreError} `REDACTION_FAILED`.
 */
export async function redactRequest(passage: Passage, prepared: Prepared): Promise<Prepared | CallFailure> {
  const { deps: { redactor }, authorized } = passage;
  const leaving = authorized.each.filter(({ action }) => action.capability === "network_request");
  const redact = [...new Set(leaving.flatMap(({ verdict }) => verdict.obligations.redact))];
  if (redact.length === 0) return prepared;
  const { effect } = prepared;
  if (effect.backend !== "http") return unmaskable("what a command sends", redact);
  const { spec } = effect;
  if (spec.body !== null && typeof spec.body !== "string") {
    const text = decodeText(spec.body);
    if (text === null) return unmaskable("a body that is no text", redact);
    return await redactRequest(passage, { ...prepared, effect: { ...effect, spec: { ...spec, body: text } } });
  }
  const found = await redactor.detect(spec.url);
  if (found.some((hit) => redact.includes(hit.class))) return unmaskable("the address", redact);
  return {
    ...prepared,
    effect: { ...effect, spec: await maskSpec(redactor, spec, redact) },
    preview: prepared.preview.kind === "text"
      ? { kind: "text", text: (await redactor.maskDetected(prepared.preview.text, redact)).text }
      : prepared.preview,
  };
}

async function maskSpec(redactor: Redactor, spec: HttpSpec, redact: readonly Classification[]): Promise<HttpSpec> {
  const headers: (readonly [string, string])[] = [];
  for (const [name, value] of spec.headers) headers.push([name, (await redactor.maskDetected(value, redact)).text]);
  const { body } = spec;
  return { ...spec, headers, body: typeof body === "string" ? (await redactor.maskDetected(body, redact)).text : body };
}

function unmaskable(what: string, redact: readonly Classification[]): CallFailure {
  return {
    code: "REDACTION_FAILED",
    message: `Cannot send: a rule wants ${redact.join(", ")} masked, and ${what} cannot be`,
    hint: "leave that data out of the address, or send it in the body",
  };
}
