import { busy, noAccess, noModel, tooLong, tooMany } from "./failure-kinds.ts";
import { type ProviderFacts, ProviderFailure } from "./provider-failure.ts";

/** An answer that is no stream. */
export interface RefusedAnswer {
  readonly status: number;
  readonly retryAfterMs: number | null;
  /** `true` when the body says that the request is too long. */
  readonly tooLong: boolean;
  /** Names of the models the server has, checked to be plain; empty when it did not say. */
  readonly models: readonly string[];
}

/**
 * Says what an HTTP status of a model server means. Nothing of the body is repeated: it is untrusted text that may
 * quote the request, and the request may hold what must not be shown.
 *
 * @param facts Whom it is about.
 * @param answer Status and what was read from the body.
 * @returns The failure.
 */
export function failureOfStatus(facts: ProviderFacts, answer: RefusedAnswer): ProviderFailure {
  const { status, retryAfterMs } = answer;
  const said = `${facts.where} answered ${status}`;
  if (answer.tooLong || status === 413) return tooLong(facts, said);
  if (status === 401 || status === 403) return noAccess(facts, said);
  if (status === 404) return noModel(facts, said, answer.models);
  if (status === 408) return busy(facts, said, retryAfterMs);
  if (status === 429) return tooMany(facts, said, retryAfterMs);
  if (status >= 500) return busy(facts, said, retryAfterMs);
  if (status >= 300 && status < 400) {
    return new ProviderFailure(
      "PROVIDER_PROTOCOL",
      `Cannot use "${facts.provider}": ${said}, a redirect; none is followed`,
      {
        hint: `put the final address into \`url\` of provider "${facts.provider}"`,
      },
    );
  }
  return new ProviderFailure("PROVIDER_PROTOCOL", `Cannot use "${facts.provider}": ${said}, it refused the request`, {
    hint: `check that \`url\` and \`kind\` of provider "${facts.provider}" fit the server`,
  });
}
