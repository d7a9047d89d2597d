import { basename } from "node:path";

/** What the first line of a script says about who runs it. */
export type Shebang =
  /** It says nothing: the system's shell. */
  | { readonly kind: "none" }
  | {
    readonly kind: "program";
    /** An absolute path, or behind `env` a name to look up. */
    readonly program: string;
    /** Words before the script's own path. */
    readonly words: readonly string[];
    /** The `env` that looks it up, or `null`. */
    readonly env: string | null;
  }
  | { readonly kind: "bad"; readonly why: string };

// The kernel reads this much of a script (BINPRM_BUF_SIZE).
const LINE_BYTES = 256;

/**
 * Reads the first line of a script the way the kernel does, and what stands behind `env` in it.
 *
 * @example
 * ```ts
 * parseShebang("#!/usr/bin/env -S python3 -u\n"); // { kind: "program", program: "python3", words: ["-u"], env: "/usr/bin/env" }
 * ```
 * @param start The script, or its first 256 bytes.
 * @returns Who runs it.
 */
export function parseShebang(start: Uint8Array | string): Shebang {
  const text = typeof start === "string" ? start : new TextDecoder("latin1").decode(start.subarray(0, LINE_BYTES));
  if (!text.startsWith("#!")) return { kind: "none" };
  const end = text.indexOf("\n");
  if (end < 0 || end >= LINE_BYTES) return bad(`its first line has no end within ${LINE_BYTES} bytes`);
  const line = text.slice(2, end).replaceAll(/^[ \t]+|[ \t]+$/g, "");
  if (/[^\t\x20-\x7e]/.test(line)) return bad("its first line has characters that no program's path has");
  const [, program = "", rest = ""] = /^([^ \t]*)[ \t]*(.*)$/.exec(line) ?? [];
  if (!program.startsWith("/")) return bad("its first line names no program by an absolute path");
  if (basename(program) !== "env") return { kind: "program", program, words: rest === "" ? [] : [rest], env: null };
  return behindEnv(program, rest);
}

function behindEnv(env: string, rest: string): Shebang {
  const split = /^-S[ \t]*(.*)$/.exec(rest);
  const words = split === null ? [rest] : (split[1] ?? "").split(/[ \t]+/);
  const [program = "", ...more] = words;
  // Threat: words that env understands in another way than we do. Whatever is more than names is refused.
  if (program === "" || program.startsWith("-") || words.some((word) => /[\s\\'"$#=]/.test(word))) {
    return bad("its first line says more to env than a program and plain words (several behind -S)");
  }
  return { kind: "program", program, words: more, env };
}

function bad(why: string): Shebang {
  return { kind: "bad", why };
}
