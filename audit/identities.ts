import { fromBase64, toBase64 } from "../core/mod.ts";
import { ledgerSigner, type LedgerView } from "./ledger-read.ts";

/**
 * Finds all signing keys of an installation: the pinned one, and those that `key` lines of a ledger tie to it. A new
 * identity is announced in a line signed by the old one. From the new key back to the old one the tie is followed only
 * where the new one signed something behind that line.
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
  const changes = ledgers.flatMap((view) =>
    view.lines.flatMap((line, at) => line.record.kind === "key" ? [{ line, view, at }] : [])
  );
  const known = new Map([[toBase64(pinned), pinned]]);
  const candidates = [...new Set([...seen, ...changes.map(({ line }) => line.record.mac ?? "")])]
    .flatMap((text) => fromBase64(text) ?? []);
  for (let before = 0; before !== known.size;) {
    before = known.size;
    for (const { line, view, at } of changes) {
      const next = line.record.mac ?? "";
      const nextKey = fromBase64(next);
      if (nextKey === null) continue;
      if (ledgerSigner(line, [...known.values()]) !== null) known.set(next, nextKey);
      else if (known.has(next) && isAccepted(view, at, nextKey)) {
        const old = ledgerSigner(line, candidates);
        if (old !== null) known.set(toBase64(old), old);
      }
    }
  }
  return [...known.values()];
}

/**
 * Whether a key signed a line behind the one that names it, in one unbroken chain.
 *
 * Threat: anybody can write that somebody else's key succeeds their own, and so have their own record believed.
 */
function isAccepted({ lines, breaks }: LedgerView, at: number, key: Uint8Array): boolean {
  const end = Math.min(lines.length, ...breaks.map(({ after }) => after).filter((after) => after > at));
  return lines.slice(at + 1, end).some((line) => ledgerSigner(line, [key]) !== null);
}
