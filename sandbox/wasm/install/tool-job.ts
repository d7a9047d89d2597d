import type { ComponentManifest } from "../component.ts";

/** What the helper is asked to do with the bytes that come along. */
export type ToolJob =
  /** Read a component's imports and exports. */
  | { readonly kind: "inspect" }
  /** Check, transpile and instrument a component. */
  | { readonly kind: "install"; readonly manifest: ComponentManifest; readonly memoryPages: number }
  /** Make a component of a core module in text. */
  | { readonly kind: "wat" };

/** What the helper made. */
export interface ToolResult {
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  readonly files: readonly ToolFile[];
}

/** A file that the helper made. */
export interface ToolFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Head of what goes over the border, in either direction; bytes follow it. */
export type ToolReply =
  | {
    readonly ok: true;
    readonly imports: readonly string[];
    readonly exports: readonly string[];
    readonly files: readonly { readonly name: string; readonly size: number }[];
  }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly hint: string | null };
