import { lstatSync, readdirSync } from "node:fs";
import type { Free } from "./watchdog.ts";

const BLOCK_BYTES = 512;

/**
 * Measures what a run has written to its stage so far, in the middle of it.
 *
 * @param up The upper folder.
 * @param limit Stop counting above this.
 * @returns Bytes on disk and entries; what cannot be entered or vanished meanwhile counts nothing.
 */
export function writtenBy(up: string, limit: Free): Free {
  const stack: string[] = [up];
  let [bytes, files] = [0, 0];
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    for (const entry of entriesOf(folder)) {
      files++;
      const path = `${folder}/${entry.name}`;
      bytes += sizeOf(path);
      if (entry.isDirectory()) stack.push(path);
      if (bytes > limit.bytes || files > limit.files) return { bytes, files };
    }
  }
  return { bytes, files };
}

function entriesOf(folder: string): ReturnType<typeof listed> {
  try {
    return listed(folder);
  } catch {
    return [];
  }
}

function listed(folder: string): readonly { readonly name: string; isDirectory(): boolean }[] {
  return readdirSync(folder, { withFileTypes: true });
}

function sizeOf(path: string): number {
  try {
    return (lstatSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * BLOCK_BYTES;
  } catch {
    return 0;
  }
}
