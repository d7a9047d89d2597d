/**
 * Finds a key that an object of a JSON text holds twice; `JSON.parse` keeps the last one without a word.
 *
 * Threat: a pin that a reviewer reads as one thing and the program as another.
 *
 * @param text Text that `JSON.parse` accepts.
 * @returns The key, or `null`.
 */
export function repeatedKey(text: string): string | null {
  const open: (Set<string> | null)[] = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token.endsWith(":")) {
      const key: unknown = JSON.parse(token.slice(0, -1));
      const keys = open.at(-1);
      if (typeof key !== "string" || keys === undefined || keys === null) continue;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}
