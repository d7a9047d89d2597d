import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { SandboxError } from "../errors.ts";

let source: Promise<string> | null = null;

/**
 * Gives the classes of WASI that a guest may need as one module without imports from files: the package's browser half,
 * which touches nothing of its host. A process without permissions can load it.
 *
 * @returns A `data:` URL of a module that exports `io`, `cli` and `filesystem`.
 * @throws {SandboxError} `SANDBOX_FAILED` when the package is not what it was.
 */
export function wasiSource(): Promise<string> {
  source ??= link().catch((cause: unknown) => {
    source = null;
    throw new SandboxError("SANDBOX_FAILED", "Cannot run component: the WASI classes cannot be read", { cause });
  });
  return source;
}

async function link(): Promise<string> {
  // …/dist/nodejs/io.js; its neighbour is the half for browsers.
  const found = createRequire(import.meta.url).resolve("@bytecodealliance/preview2-shim/io");
  const folder = join(dirname(dirname(found)), "browser");
  const linked = new Map<string, string>();
  async function load(name: string): Promise<string> {
    const known = linked.get(name);
    if (known !== undefined) return known;
    const text = await readFile(join(folder, name), "utf8");
    const parts = text.split(/(from "\.\/[a-z]+\.js")/);
    for (const [at, part] of parts.entries()) {
      const [, other] = /^from "\.\/([a-z]+\.js)"$/.exec(part) ?? [];
      // oxlint-disable-next-line no-await-in-loop -- a handful of small files, each read once
      if (other !== undefined) parts[at] = `from "${await load(other)}"`;
    }
    const url = dataUrl(parts.join(""));
    linked.set(name, url);
    return url;
  }
  const lines: string[] = [];
  for (const name of ["io", "cli", "filesystem"]) {
    // oxlint-disable-next-line no-await-in-loop -- they share files
    lines.push(`export * as ${name} from "${await load(`${name}.js`)}";`);
  }
  return dataUrl(lines.join("\n"));
}

function dataUrl(text: string): string {
  return `data:text/javascript;base64,${Buffer.from(text).toString("base64")}`;
}
