import { fromBase64, toBase64 } from "../core/mod.ts";
import { ledgerSigner, type LedgerView } from "./ledger-read.ts";

/**
 * Finds all signing keys of an installation: the pinned one, and those that `key` lines of a ledger tie to it. A new
 * identity is announced in a line signed by the old one, so the tie can be followed both ways.
 *
 * @param pinned The key that is known to be right.
 * @param ledgers Ledgers that may hold `key` lines.
 * @param seen Keys that headers name, base64; believed only if such a line ties them.
 * @returns The pinned key and all that belong with it.
 */
export function identitiesOf(
  pinned: Uint8Array,
  ledgers: readonly LedgerView[],
  seen: readonly string[],
): readonly Uint8Array[] {
  const changes = ledgers.flatMap(({ lines }) => lines.filter(({ record }) => record.kind === "key"));
  const known = new Map([[toBase64(pinned), pinned]]);
  const candidates = [...new Set([...seen, ...changes.map(({ record }) => record.mac ?? "")])]
    .flatMap((text) => fromBase64(text) ?? []);
  for (let before = 0; before !== known.size;) {
    before = known.size;
    for (const line of changes) {
      const next = line.record.mac ?? "";
      const old = ledgerSigner(line, known.has(next) ? candidates : [...known.values()]);
      const nextKey = fromBase64(next);
      if (old === null || nextKey === null) continue;
      known.set(toBase64(old), old);
      known.set(next, nextKey);
    }
  }
  return [...known.values()];
}
