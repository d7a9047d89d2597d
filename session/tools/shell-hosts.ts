import type { AtomicAction, Classification, NetworkTarget, SecretTarget } from "../../core/mod.ts";
import type { HostSecret } from "../../sandbox/mod.ts";
import { SessionError } from "../errors.ts";
import { targetOf } from "../http/target.ts";
import type { PlanContext } from "./tool.ts";

/** One host of a command. */
export interface HostTarget {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads the hosts of a call.
 *
 * @param origins `name:port` each.
 * @returns The hosts.
 * @throws {SessionError} `ARGS_INVALID` for anything else, and for an address in an odd spelling.
 */
export function hostTargets(origins: readonly string[]): readonly HostTarget[] {
  return origins.map((origin) => {
    const [, given, port] = /^([a-z0-9.-]+):(\d{1,5})$/iu.exec(origin) ?? [];
    if (given === undefined || port === undefined) {
      throw new SessionError("ARGS_INVALID", `Cannot read host "${origin.slice(0, 80)}": expected name:port`, {
        hint: "a name in ASCII or an IPv4 address, then the port, e.g. registry.example.org:443",
      });
    }
    // Names are the same in upper case and with the dot of the root.
    const host = given.toLowerCase().replace(/\.$/u, "");
    const target = targetOf(`https://${host}:${port}/`);
    // Threat: an address in a spelling that policy and the resolver read differently.
    if (target.host !== host) {
      throw new SessionError(
        "ARGS_INVALID",
        `Cannot use host "${origin.slice(0, 80)}": its usual form is ${target.host}`,
      );
    }
    return { host, port: target.port };
  });
}

/**
 * Makes the actions for reaching the hosts; each request is decided again, with its addresses, when it is made.
 *
 * @param hosts The hosts.
 * @param secrets Values that the proxy puts in.
 * @param of The plan's context, and whether untrusted text shaped the call.
 * @returns One action a host.
 */
export function hostActions(
  hosts: readonly HostTarget[],
  secrets: readonly HostSecret[],
  { context, tainted }: { readonly context: PlanContext; readonly tainted: boolean },
): readonly AtomicAction[] {
  if (hosts.length === 0) return [];
  // The command may send whatever it can see, which is private where nothing says otherwise.
  const seen: readonly Classification[] = ["private", ...context.hidden().classes];
  return hosts.map(({ host, port }): AtomicAction => {
    // What has secrets is reached by plain HTTP alone, everything else may be a tunnel.
    const plain = secrets.some((secret) => secret.host === `${host}:${port}`);
    const scheme = plain ? "http" : "https";
    const { url } = targetOf(`${scheme}://${host}:${port}/`);
    const method = plain ? "GET" : "CONNECT";
    const target: NetworkTarget = { kind: "network", url: url.href, scheme, host, port, method, addresses: null };
    return {
      capability: "network_request",
      target,
      // Whatever the proposer has seen may stand in the command.
      classes: [...new Set([...context.provenance.label.classes, ...context.classify(target), ...seen])],
      tier: "host-supervised",
      tainted,
      skill: null,
    };
  });
}

/**
 * Finds for each secret of a call with hosts where the proxy puts its value in: in the header that a binding names.
 *
 * @param secrets Handles by variable.
 * @param hosts The hosts.
 * @param context Knows where handles are bound.
 * @returns One entry a handle and place.
 * @throws {SessionError} `SECRET_PLACE` where nothing is bound, and for hosts that need TLS.
 */
export function hostSecretsOf(
  secrets: Readonly<Record<string, string>>,
  hosts: readonly HostTarget[],
  { places }: PlanContext,
): readonly HostSecret[] {
  return Object.entries(secrets).flatMap(([env, handle]) => {
    const bound = places?.get(handle) ?? [];
    const found = hosts.flatMap(({ host, port }) => {
      const name = `${host}:${port}`;
      return bound.filter((place) => place.host === name)
        .map(({ slot, format }): HostSecret => ({ env, handle, host: name, slot, format }));
    });
    if (found.length === 0) {
      throw new SessionError("SECRET_PLACE", `Cannot use "${handle}" there: no host of the call is bound to a header`, {
        hint: `agentzero vault bind ${handle} --host NAME:PORT --slot bearer`,
      });
    }
    // Threat: a value on its way in clear. Inside TLS the proxy sees nothing, so it cannot put anything in either.
    const closed = found.find(({ host }) => !host.startsWith("127.0.0.1:"));
    if (closed !== undefined) {
      throw new SessionError(
        "SECRET_PLACE",
        `Cannot use "${handle}" with a command that talks to ${closed.host}: it needs TLS, and inside TLS the proxy cannot put the value in`,
        { hint: "use the fetch tool with `secret`: it sends the value itself" },
      );
    }
    return found;
  });
}

/** Makes the actions for the values that go to the hosts. */
export function hostSecretActions(
  secrets: readonly HostSecret[],
  tainted: boolean,
): readonly AtomicAction[] {
  return secrets.map(({ handle, slot, host: origin }): AtomicAction & { readonly target: SecretTarget } => {
    const [host = "", port = ""] = origin.split(":");
    return {
      capability: "secret_handle_usage",
      target: { kind: "secret", handle, inject: slot, host, port: Number(port), program: null },
      classes: ["secret"],
      tier: "host-supervised",
      tainted,
      skill: null,
    };
  });
}
