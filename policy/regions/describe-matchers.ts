import { MATCHER_NAMES, type Matchers } from "../matchers.ts";

const MAX_ITEMS = 4;

/**
 * Says in one line what matchers are about, close to how a policy says it.
 *
 * @param matchers Matchers of a rule.
 * @returns E.g. `paths ${project}/src/**; staged`, or `all`.
 */
export function describeMatchers(matchers: Matchers): string {
  const parts = MATCHER_NAMES.flatMap((name) => {
    const value: unknown = matchers[name];
    if (value === undefined) return [];
    if (value === true && name === "staged") return ["staged"];
    return [`${name} ${describeValue(value)}`];
  });
  return parts.length === 0 ? "all" : parts.join("; ");
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map(describeItem);
    return [...items, ...(value.length > MAX_ITEMS ? [`and ${value.length - MAX_ITEMS} more`] : [])].join(", ");
  }
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value).map(([key, item]) => `${key} ${describeValue(item)}`).join(" ");
}

/** A word pattern in brackets, all else as it is. */
function describeItem(item: unknown): string {
  if (typeof item !== "object" || item === null || !("words" in item) || !Array.isArray(item.words)) {
    return String(item);
  }
  const words = item.words.map((choices: unknown) => Array.isArray(choices) ? choices.join("|") : String(choices));
  return `[${[...words, ...("rest" in item && item.rest === true ? ["..."] : [])].join(" ")}]`;
}
