import { isAbsolute, join, normalize } from "node:path";
import { type Binding, BINDINGS_SHAPE, checkBinding } from "../bindings.ts";
import { AgentZeroError, CoreError } from "../errors.ts";
import { handleProvider, isHandle } from "../handle.ts";
import type { SecretDeclaration, SecretSource } from "../secrets.ts";
import type { SecretInfo } from "../vault.ts";
import { list, object, optional, string } from "../shape.ts";

const BIND = optional(BINDINGS_SHAPE);
const SHAPES = {
  env: object({ env: string({ pattern: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/ }), bind: BIND }),
  file: object({ file: string({ min: 1, max: 4096 }), bind: BIND }),
  cmd: object({ argv: list(string({ max: 4096 }), { min: 1, max: 64 }), bind: BIND }),
} as const;

/** The most handles that a config may declare. */
const MAX_DECLARATIONS = 500;

/**
 * Reads the `secrets:` block of the user's `config.yml`: handle to `{env}`, `{file}` or `{argv}`, each with `bind`. A
 * project's file must not have the key at all; the caller refuses it there.
 *
 * @param value The block as parsed; `undefined` when absent.
 * @param userHome What `~/` stands for.
 * @returns The declarations in order.
 * @throws {CoreError} `SECRETS_INVALID` that names the handle and what is wrong with it.
 */
export function parseSecretDeclarations(value: unknown, userHome: string): readonly SecretDeclaration[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== "object" || Array.isArray(value)) throw invalid("secrets", "it is not a mapping from handles");
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  if (entries.length > MAX_DECLARATIONS) throw invalid("secrets", `it has more than ${MAX_DECLARATIONS} handles`);
  return entries.map(([key, entry]) => declare(key, entry, userHome));
}

function declare(key: string, entry: unknown, userHome: string): SecretDeclaration {
  if (!isHandle(key)) throw invalid(key, "it is not a handle of the form handle://env|file|cmd/NAME/NAME");
  const provider = handleProvider(key);
  if (provider === "vault") throw invalid(key, "vault handles need no declaration");
  const { source, bind } = sourceOf(key, { provider, entry, userHome });
  try {
    return { handle: key, source, bindings: (bind ?? []).map(checkBinding) };
  } catch (cause) {
    throw invalid(key, cause instanceof AgentZeroError ? cause.message : "its bind is malformed", cause);
  }
}

function sourceOf(
  key: string,
  given: { readonly provider: "env" | "file" | "cmd"; readonly entry: unknown; readonly userHome: string },
): { readonly source: SecretSource; readonly bind: readonly Binding[] | undefined } {
  switch (given.provider) {
    case "env": {
      const shape = SHAPES.env.safeParse(given.entry);
      if (!shape.success) throw invalid(key, "expected { env: VARIABLE, bind: [...] }");
      return { source: { kind: "env", name: shape.data.env }, bind: shape.data.bind };
    }
    case "file": {
      const shape = SHAPES.file.safeParse(given.entry);
      if (!shape.success) throw invalid(key, "expected { file: PATH, bind: [...] }");
      return { source: { kind: "file", path: expand(key, shape.data.file, given.userHome) }, bind: shape.data.bind };
    }
    case "cmd": {
      const shape = SHAPES.cmd.safeParse(given.entry);
      if (!shape.success) throw invalid(key, "expected { argv: [/usr/bin/PROGRAM, ...], bind: [...] }");
      // Threat: a search path that somebody else can put a program on.
      if (!isAbsolute(shape.data.argv[0] ?? "")) throw invalid(key, "the program of argv is not an absolute path");
      return { source: { kind: "cmd", argv: shape.data.argv }, bind: shape.data.bind };
    }
    default:
      return given.provider satisfies never;
  }
}

function expand(key: string, path: string, userHome: string): string {
  const full = path.startsWith("~/") ? join(userHome, path.slice(2)) : path;
  if (isAbsolute(full)) return normalize(full);
  throw invalid(key, "the file is not an absolute path and does not begin with ~/");
}

function invalid(key: string, seen: string, cause?: unknown): CoreError {
  return new CoreError("SECRETS_INVALID", `Cannot read secrets: "${key.slice(0, 160)}": ${seen}`, {
    hint:
      'e.g. handle://cmd/github/token: { argv: [/usr/bin/pass, show, github/token], bind: [{ host: "api.github.com:443", slot: bearer }] }',
    cause,
  });
}

/**
 * Tells of a declared secret what can be told of one in the vault.
 *
 * @param declaration What the user's config declares.
 * @returns Its entry in a list of secrets; nothing of the value.
 */
export function describeDeclared({ handle, bindings }: SecretDeclaration): SecretInfo {
  return { handle, version: 1, note: null, created: null, rotated: null, expires: null, expired: false, bindings };
}
