import { lookup } from "node:dns/promises";
import type { EgressNetwork } from "./egress-proxy.ts";

/**
 * Gives the network of this machine to the egress proxy.
 *
 * @returns Name resolution as the system does it, all addresses of a name.
 */
export function hostNetwork(): EgressNetwork {
  return {
    async resolve(host) {
      return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
    },
  };
}
