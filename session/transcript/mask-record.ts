/** Words of closed sets and ids: masked, the reader would not know them again. */
const CLOSED: ReadonlySet<string> = new Set([
  "kind",
  "status",
  "trust",
  "classes",
  "detected",
  "call",
  "locality",
  "mode",
  "policy",
]);

/**
 * Masks every free text of an entry; arguments of calls whole, names of their members included.
 *
 * @param value An entry or header.
 * @param mask Masks one text.
 * @returns A masked copy.
 */
export function maskRecord(value: unknown, mask: (text: string) => string): unknown {
  return maskAll(value, mask, false);
}

function maskAll(value: unknown, mask: (text: string) => string, free: boolean): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((item: unknown) => maskAll(item, mask, free));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]: [string, unknown]) => {
      if (free) return [mask(name), maskAll(item, mask, true)];
      return [name, CLOSED.has(name) ? item : maskAll(item, mask, name === "args")];
    }),
  );
}
