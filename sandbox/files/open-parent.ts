import { mkdirSync } from "node:fs";
import { SandboxError } from "../errors.ts";
import { checkPath } from "./check-path.ts";
import { errnoOf, toSandboxError } from "./file-error.ts";
import { type OpenFolder, openFolder } from "./folder.ts";

/**
 * Opens a folder and makes what is missing of it, one component at a time, each through the descriptor of the one above.
 *
 * @param real Real path of the folder.
 * @param platform `process.platform`.
 * @returns The open folder; the caller closes it.
 * @throws {SandboxError} `NOT_FOUND` when a component is not a folder, `PATH_CHANGED`, `FILE_REFUSED`, `LIMIT_DISK`.
 */
export function makeFolder(real: string, platform: string): OpenFolder {
  const missing: string[] = [];
  let folder = openNearest(real, { platform, missing });
  for (let name = missing.pop(); name !== undefined; name = missing.pop()) {
    const parent = folder;
    const path = parent.real.endsWith("/") ? `${parent.real}${name}` : `${parent.real}/${name}`;
    try {
      makeOne(parent, name);
      folder = openFolder(path, platform);
    } catch (error) {
      throw toSandboxError(error, `Cannot make folder ${JSON.stringify(path)}`);
    } finally {
      parent.close();
    }
  }
  return folder;
}

function openNearest(real: string, at: { readonly platform: string; readonly missing: string[] }): OpenFolder {
  let path = real;
  for (;;) {
    try {
      return openFolder(path, at.platform);
    } catch (error) {
      const { parent, base } = checkPath(path, at.platform);
      if (!(error instanceof SandboxError) || error.code !== "NOT_FOUND" || base === "") throw error;
      at.missing.push(base);
      path = parent;
    }
  }
}

function makeOne(parent: OpenFolder, name: string): void {
  try {
    mkdirSync(parent.at(name), 0o777);
  } catch (error) {
    // Somebody made it this instant; opening it will tell what it is.
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}
