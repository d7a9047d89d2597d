import { lookup } from "node:dns/promises";
import type { EgressNetwork } from "./egress-proxy.ts";

/**
 * Gives the network of this machine to the egress proxy.
 *
 * @param isPublic Tells whether an address is globally reachable and no metadata service.
 * @returns Name resolution as the system does it, all addresses of a name.
 */
export function hostNetwork(isPublic: (address: string) => boolean): EgressNetwork {
  return {
    isPublic,
    async resolve(host) {
      return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
    },
  };
}
