import { keyDigest, keyIdOf, type Publisher, readPublishers, readRevocations } from "../../../skills/mod.ts";
import type { CommandContext } from "../../context.ts";
import { openTrust } from "./open.ts";

/** Runs `trust list`. */
export async function trustList(context: CommandContext): Promise<void> {
  const { place } = await openTrust(context);
  const publishers = readPublishers(place);
  const revoked = readRevocations(place);
  if (context.json) {
    context.output.json({
      v: 1,
      publishers: publishers.map(shown),
      revoked: revoked.map(({ kind, what, reason, at }) => ({ kind, what, reason, at: new Date(at).toISOString() })),
    });
    return;
  }
  if (publishers.length === 0) {
    context.output.note("no publisher is trusted yet: agentzero trust add FILE.pub --as NAMESPACE");
  }
  for (const publisher of publishers) {
    const { statement } = publisher;
    for (const { key } of statement?.signers ?? publisher.keys) {
      const until = statement === null ? "" : `statement ${statement.serial}, until ${statement.expires}`;
      context.output.text(
        `${publisher.namespace}  ${keyIdOf(key)}  ${keyDigest(key)}${until === "" ? "" : `  ${until}`}`,
      );
    }
  }
  for (const { kind, what, reason } of revoked) context.output.text(`revoked  ${kind} ${what}: ${reason}`);
}

function shown({ namespace, keys, statement }: Publisher): Readonly<Record<string, unknown>> {
  const inForce = statement?.signers ?? keys;
  return {
    namespace,
    keys: inForce.map(({ key }) => ({ key, id: keyIdOf(key), digest: keyDigest(key) })),
    statement: statement === null ? null : {
      serial: statement.serial,
      expires: statement.expires,
      root: statement.root,
      signers: statement.signers,
      revoked: statement.revoked,
    },
  };
}
