import type { Digest, SkillPermissions } from "../../core/mod.ts";

/** What a generated tool is written in. */
export type ToolLanguage = "javascript" | "wat";

/** The parts of `permissions` that a generated tool may have. */
export type ToolPermissionKey = "fs.read" | "fs.write" | "net" | "secret" | "limits";

/** What stands in for a host call while an example runs. */
export interface ToolMock {
  /** Which call: `http.fetch`, `secrets.get-secret`, `filesystem.read-file`. */
  readonly call: string;
  /** Its arguments; of a request only the fields that are given are compared. */
  readonly args: readonly unknown[];
  /** What the call gives, or `{ error: { tag, val } }`. */
  readonly result: unknown;
}

/** One example: what a tool must give for an input. */
export interface ToolExample {
  /** JSON for `run`. */
  readonly input: unknown;
  /** Either the exact JSON that it must return, or a part of the error that it must end with. */
  readonly expect: { readonly output: unknown } | { readonly error: string };
  /** Answers of the network and of secrets. */
  readonly mocks: readonly ToolMock[];
}

/** A tool as its author wrote it; everything in it is untrusted. */
export interface ToolDefinition {
  /** 3 to 40 characters of `a-z 0-9 -`. */
  readonly name: string;
  /** One line of 1 to 500 characters. */
  readonly description: string;
  /** Script or text of a WebAssembly module. */
  readonly language: ToolLanguage;
  /** The program. */
  readonly source: string;
  /** JSON Schema of the input: of type `object`. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** Token strings in the grammar of `az.perm.*`; absent is nothing. */
  readonly permissions: Readonly<Partial<Record<ToolPermissionKey, string>>>;
  /** 1 to 8. */
  readonly examples: readonly ToolExample[];
}

/** A definition after every check that needs no sandbox. */
export interface CheckedDefinition {
  /** As it was written. */
  readonly definition: ToolDefinition;
  /** What it asks for, compiled. */
  readonly compiled: SkillPermissions;
  /** Digest of {@link CheckedDefinition.compiled}. */
  readonly perm: Digest;
  /** Digest of the source. */
  readonly source: Digest;
}

/** Bounds of a definition. */
export const TOOL_BOUNDS: {
  readonly sourceBytes: number;
  readonly schemaBytes: number;
  readonly examplesBytes: number;
  readonly examples: number;
  readonly mocks: number;
  readonly description: number;
} = {
  sourceBytes: 64 * 1024,
  schemaBytes: 16 * 1024,
  examplesBytes: 128 * 1024,
  examples: 8,
  mocks: 32,
  description: 500,
};
