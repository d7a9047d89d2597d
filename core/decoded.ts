/** The first thing that does not fit. */
export interface Misfit {
  /** A value that does not fit, or keys that nobody knows. */
  readonly code: "invalid" | "unrecognized_keys";
  /** Keys and indexes that lead to it. */
  readonly path: readonly string[];
  /** e.g. `expected a string, saw a number`; never the value itself, which may be a secret. */
  readonly message: string;
  /** These keys; else empty. */
  readonly keys: readonly string[];
}

/** What decoding gave. */
export type Decoded<T> =
  | { readonly success: true; readonly data: T }
  | { readonly success: false; readonly data?: undefined; readonly error: { readonly issues: readonly Misfit[] } };

/** What fits. */
export function fit<T>(data: T): Decoded<T> {
  return { success: true, data };
}

/** What does not: the sentence, and the keys that nobody knows if that is why. */
export function misfit(message: string, keys: readonly string[] = []): Decoded<never> {
  const code = keys.length > 0 ? "unrecognized_keys" : "invalid";
  return { success: false, error: { issues: [{ code, path: [], message, keys }] } };
}

/** What is of another type; names the type only, since the value may be a secret. */
export function unlike(wanted: string, value: unknown): Decoded<never> {
  const seen = value === undefined
    ? "nothing"
    : value === null
    ? "null"
    : Array.isArray(value)
    ? "a list"
    : `a value of type ${typeof value}`;
  return misfit(`expected ${wanted}, saw ${seen}`);
}

/** The misfit of a part, as one of the whole: `key` leads to it. */
export function below(key: string, { error }: Extract<Decoded<unknown>, { success: false }>): Decoded<never> {
  return {
    success: false,
    error: { issues: error.issues.map((issue) => ({ ...issue, path: [key, ...issue.path] })) },
  };
}
