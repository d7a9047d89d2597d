import type { Redactor } from "../../core/mod.ts";
import type { HostRequest } from "../../sandbox/mod.ts";
import type { Guard } from "../authorize.ts";
import { stringsOf } from "../mask-json.ts";

/**
 * Refuses a host call that would carry a secret value away: in a path, an address, a header, or in the bytes that are
 * written or sent.
 *
 * Threat: a component that was given a value, or found one, puts it into a file or a request of its own.
 *
 * @param redactor Knows every secret value.
 * @param request The call.
 * @returns The reason to refuse, or `null`.
 */
export function leakGuard(redactor: Redactor, request: HostRequest): Guard | null {
  const { data, rest } = split(request);
  const texts = stringsOf(rest);
  const leaked = [...texts.flatMap((text) => redactor.find(text)), ...(data === null ? [] : redactor.findBytes(data))];
  if (leaked.length > 0) {
    return {
      rule: "floor.secret-egress",
      leaked,
      failure: { code: "SECRET_EGRESS", message: "Cannot use these arguments: they hold a secret value", hint: null },
    };
  }
  const written = data === null ? texts : [...texts, new TextDecoder().decode(data)];
  if (written.some((text) => redactor.hasPlaceholder(text))) {
    return {
      rule: "floor.placeholder",
      failure: {
        code: "PLACEHOLDER_IN_ARGS",
        message: "Cannot use these arguments: they hold the placeholder of a masked value",
        hint: null,
      },
    };
  }
  return null;
}

function split(request: HostRequest): { readonly data: Uint8Array | null; readonly rest: unknown } {
  if (request.kind === "write-file" || request.kind === "append-file") {
    return { data: request.data, rest: request.path };
  }
  if (request.kind !== "fetch") return { data: null, rest: request };
  const { body, headers, ...rest } = request.request;
  return { data: body ?? null, rest: { ...rest, headers: headers.flat() } };
}
