/** Permissions as an author writes them: token strings in the grammar of `az.perm.*`; `undefined` or `"none"` is nothing. */
export interface PermissionSource {
  /** What runs it, already checked. */
  readonly runtime: string;
  /** WIT world and WASI packages: tokens. */
  readonly world?: string | undefined;
  /** Atoms `ROOT:GLOB`. */
  readonly "fs.read"?: string | undefined;
  /** Atoms `ROOT:GLOB`. */
  readonly "fs.write"?: string | undefined;
  /** Atoms `METHODS URL`. */
  readonly net?: string | undefined;
  /** Atoms `HANDLE -> ORIGIN SLOT`. */
  readonly secret?: string | undefined;
  /** `skill:PATH`, then any `tool:PROGRAM`. */
  readonly exec?: string | undefined;
  /** Tokens `key=int`. */
  readonly limits?: string | undefined;
}

/** A key of {@link PermissionSource} that holds tokens. */
export type PermissionField = "world" | "fs.read" | "fs.write" | "net" | "secret" | "exec" | "limits";

/** Told of everything that is wrong with one field. */
export type ReportPermission = (
  field: PermissionField,
  problem: { readonly code: "PERM_INVALID" | "WASM_WORLD"; readonly message: string; readonly hint: string },
) => void;

/**
 * Cuts a value into tokens: separated by exactly one space, of visible characters.
 *
 * @param value A value, or `undefined`.
 * @returns The tokens, none for an absent value or `none`; `null` for any other spacing or characters.
 */
export function permissionTokens(value: string | undefined): readonly string[] | null {
  if (value === undefined || value === "none") return [];
  const tokens = value.split(" ");
  return tokens.every((token) => TOKEN.test(token)) ? tokens : null;
}

const TOKEN = /^[^\s\p{C}\p{Z}]{1,1024}$/u;

/** Orders texts by their UTF-8 bytes. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
