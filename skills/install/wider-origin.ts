import type { InspectComponent } from "../component-imports.ts";
import type { LockEntry } from "../lock.ts";
import type { PackageFile } from "../stages.ts";
import { keyIdOf } from "../trust/publishers.ts";
import { showText } from "../visible-text.ts";

/**
 * Tells whether a release comes from somebody else than the installed one.
 *
 * @param before The installed pin.
 * @param after The pin as it would be.
 * @returns A line for people, or nothing.
 */
export function otherSigner(before: LockEntry, after: LockEntry): readonly string[] {
  // Threat: a second key of the namespace, perhaps stolen, takes over what was approved for the first.
  if (before.key === after.key) return [];
  return [`signed by ${signer(after.key)} instead of ${signer(before.key)}`];
}

function signer(key: string | null): string {
  return key === null ? "nobody" : `key ${keyIdOf(key)}`;
}

/**
 * Names what a component imports and the one before did not.
 *
 * @param before Files of the installed release.
 * @param after Files of what shall be installed.
 * @param inspect How to look into a component.
 * @returns A line for people for each new import.
 */
export async function newImports(
  before: readonly PackageFile[],
  after: readonly PackageFile[],
  inspect: InspectComponent,
): Promise<readonly string[]> {
  const [old, fresh] = [componentOf(before), componentOf(after)];
  if (old === null || fresh === null || Buffer.compare(old, fresh) === 0) return [];
  const known = new Set((await inspect(old)).imports);
  const { imports } = await inspect(fresh);
  return imports.filter((name) => !known.has(name)).map((name) => `component imports ${showText(name)}`);
}

// A package has at most one, whatever its name: the magic number tells.
function componentOf(files: readonly PackageFile[]): Uint8Array | null {
  return files.find(({ bytes }) => [0x00, 0x61, 0x73, 0x6d].every((byte, at) => bytes[at] === byte))?.bytes ?? null;
}
