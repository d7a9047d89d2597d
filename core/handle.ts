import { CoreError } from "./errors.ts";

/** Names a secret: `handle://<provider>/<part>/<part>`. Compared byte by byte; never a path, file or variable name. */
export type Handle = string & { readonly brand: "Handle" };

/** Where the value behind a handle comes from. */
export const SECRET_PROVIDERS = ["vault", "env", "file", "cmd"] as const;
/** One of {@link SECRET_PROVIDERS}. */
export type SecretProvider = (typeof SECRET_PROVIDERS)[number];

/** How every handle begins. */
export const HANDLE_PREFIX = "handle://";
/** The longest handle in bytes. */
export const MAX_HANDLE_BYTES = 160;

const PART = "[a-z0-9][a-z0-9._-]{0,63}";
const HANDLE = new RegExp(`^handle://(vault|env|file|cmd)/(${PART})/(${PART})$`);
const SHORT = new RegExp(`^${PART}/${PART}$`);

/**
 * Tells whether `value` is a well-formed handle. Nothing is decoded, folded or trimmed first.
 *
 * @param value Anything.
 * @returns `true` only for the one spelling.
 */
export function isHandle(value: unknown): value is Handle {
  return typeof value === "string" && value.length <= MAX_HANDLE_BYTES && HANDLE.test(value) && !value.includes("..");
}

/**
 * Reads a handle from text.
 *
 * @example
 * ```ts
 * parseHandle("handle://vault/github/token");
 * ```
 * @param text Text from an argument, a file or a model.
 * @returns The branded handle.
 * @throws {CoreError} `SECRET_HANDLE` for any other spelling.
 */
export function parseHandle(text: string): Handle {
  if (isHandle(text)) return text;
  // Threat: a value typed where a handle belongs. Only what already looks like a handle is repeated.
  const seen = text.startsWith("handle:") ? `received "${text.slice(0, MAX_HANDLE_BYTES)}"` : "it is not of that form";
  throw new CoreError("SECRET_HANDLE", `Cannot use handle: ${seen}`, {
    hint:
      "expected handle://vault|env|file|cmd/NAME/NAME with names of a-z 0-9 . _ - that begin with a letter or digit",
  });
}

/**
 * Reads a handle as people type it on the command line: `github/token` is short for `handle://vault/github/token`.
 *
 * @param text An argument.
 * @returns The branded handle.
 * @throws {CoreError} `SECRET_HANDLE` for any other spelling.
 */
export function expandHandle(text: string): Handle {
  return parseHandle(SHORT.test(text) ? `${HANDLE_PREFIX}vault/${text}` : text);
}

/**
 * Reads the provider of a handle.
 *
 * @param handle A handle.
 * @returns `vault`, `env`, `file` or `cmd`.
 */
export function handleProvider(handle: Handle): SecretProvider {
  const name = HANDLE.exec(handle)?.[1];
  const provider = SECRET_PROVIDERS.find((word) => word === name);
  if (provider === undefined) throw new CoreError("SECRET_HANDLE", "Cannot use handle: its provider is unknown");
  return provider;
}

/**
 * Tells whether a text mentions a handle, in any spelling: handles stand only in `secret` and `secrets` arguments.
 *
 * @param text E.g. a word of an argv.
 * @returns `true` when the handle prefix occurs, in whatever case.
 */
export function mentionsHandle(text: string): boolean {
  return text.toLowerCase().includes(HANDLE_PREFIX);
}
