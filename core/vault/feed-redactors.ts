import type { Redactor } from "../redactor.ts";
import type { OpenState } from "./vault-store.ts";

/**
 * Gives every value of an open vault to the scanners that mask it, earlier values and signing keys included.
 *
 * @param open The vault; each value is zeroed once it was given.
 * @param redactors Who gets them.
 */
export function feedRedactors({ document, key }: OpenState, redactors: ReadonlySet<Redactor>): void {
  for (const entry of document.entries) {
    const value = key.openValue(entry);
    const handle = entry.kind === "key" ? null : key.openMeta(entry).handle;
    for (const redactor of redactors) redactor.add({ bytes: value, handle, class: "secret" });
    value.fill(0);
  }
}
