import type { InspectComponent } from "../component-imports.ts";
import { SkillsError } from "../errors.ts";
import { keyIdText, parsePublicKey, type PublicSigningKey } from "../minisign.ts";
import { parseSkillId, RESERVED_NAMESPACE } from "../names.ts";
import { claimPackage, openPackage, trustPackage, verifySignedPackage } from "../open-package.ts";
import type { Claimed, OpenedPackage, SignedPackage } from "../stages.ts";
import { judgeKey, keysInForce, keyUntrusted, reservedNamespace } from "../trust/judge-key.ts";
import type { TrustPlace } from "../trust/place.ts";
import { type Publisher, readPublishers } from "../trust/publishers.ts";
import { checkRevoked, readRevocations } from "../trust/revoked.ts";

/** A package after steps 1 to 9. */
export interface VerifiedPackage {
  /** The content. */
  readonly opened: OpenedPackage;
  /** `true` when nobody pinned its key yet: a person at a terminal must. */
  readonly newKey: boolean;
}

/** What is verified. */
export interface SourcePackage {
  /** The archive. */
  readonly archive: Uint8Array;
  /** The text of its signature. */
  readonly minisig: Uint8Array;
  /** Keys that came along or were named; nobody vouches for them. */
  readonly offered: readonly PublicSigningKey[];
}

/**
 * Steps 1 to 9 of an installation, in their order; the first failure ends it.
 *
 * @param place Where trust is kept.
 * @param source Archive, signature and offered keys.
 * @param options How to look into a component, and whether a person could be asked about a new key.
 * @returns The content.
 * @throws {SkillsError} The reason code of the first step that fails.
 */
export async function verifySource(
  place: TrustPlace,
  source: SourcePackage,
  options: { readonly inspect: InspectComponent; readonly canAsk: boolean },
): Promise<VerifiedPackage> {
  const claimed = claimPackage(source.archive, source.minisig);
  const publishers = readPublishers(place);
  const signed = verifyByKnownKey(claimed, publishers, source.offered);
  const { comment, key } = signed;
  if (comment === null) {
    // Whose namespace it is cannot be told; the next step says what is wrong, if its key counts anywhere.
    if (!publishers.some((one) => keysInForce(one).includes(key.text))) {
      throw keyUntrusted({ namespace: "?", key: key.text });
    }
    return { opened: await openPackage(trustPackage(signed, ""), options.inspect), newKey: false };
  }
  const { id, namespace } = comment;
  checkRevoked({ own: readRevocations(place), publishers }, { key: key.text, id, digest: signed.digest });
  const name = id.slice(namespace.length + 1);
  const use = { namespace, name, key: key.text, now: place.clock.now() };
  const newKey = judgeKey(publishers, use) === "ask";
  if (newKey && !options.canAsk) throw keyUntrusted(use);
  return { opened: await openPackage(trustPackage(signed, namespace), options.inspect), newKey };
}

function verifyByKnownKey(
  claimed: Claimed,
  publishers: readonly Publisher[],
  offered: readonly PublicSigningKey[],
): SignedPackage {
  const pinned = publishers.flatMap((one) => [...one.keys.map(({ key }) => key), ...keysInForce(one)]);
  const keys = [...new Set(pinned)].map(parsePublicKey).concat(offered);
  const named = keys.filter(({ id }) => Buffer.compare(id, claimed.signature.keyId) === 0);
  let failure: unknown = null;
  // Threat: the id of a key is its signer's free choice: several keys may have it, and one must hold as a whole.
  for (const key of named) {
    try {
      return verifySignedPackage(claimed, key);
    } catch (cause) {
      failure ??= cause;
    }
  }
  throw failure ?? unknownKey(claimed, publishers);
}

/** Nothing can be verified without the key; what the comment claims only helps to say what is wrong. */
function unknownKey({ signature }: Claimed, publishers: readonly Publisher[]): SkillsError {
  const claimedId = /^azs1 id=(\S+) /.exec(signature.trustedComment)?.[1] ?? "";
  const namespace = parseSkillId(claimedId)?.namespace ?? null;
  const id = keyIdText(signature.keyId);
  // Nobody's key counts for it, so that there is no key to look for either.
  if (namespace === RESERVED_NAMESPACE) return reservedNamespace();
  if (publishers.some((one) => one.namespace === namespace && keysInForce(one).length > 0)) {
    return new SkillsError(
      "KEY_CHANGED",
      `Cannot trust key ${id} for "${namespace ?? ""}": another key is pinned for it`,
      {
        hint: "ask the publisher on another way why the key changed; then agentzero trust rotate publisher.json",
      },
    );
  }
  return new SkillsError("KEY_UNTRUSTED", `Cannot trust key ${id}: nobody pinned it`, {
    hint: `get the publisher's .pub file on another way than the package, then: agentzero trust add FILE.pub --as ${
      namespace ?? "NAMESPACE"
    }`,
  });
}
