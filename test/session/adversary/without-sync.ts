import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/**
 * Makes this process write without waiting for the disk; call it before anything else is imported. Nothing of the worlds
 * that are played here has to outlive a power cut, and every write is still made.
 */
export function writeWithoutSync(): void {
  fs.fsyncSync = () => undefined;
  fs.fdatasyncSync = () => undefined;
  fs.fsync = Object.assign(later, { __promisify__: () => Promise.resolve() });
  fs.fdatasync = Object.assign(later, { __promisify__: () => Promise.resolve() });
  syncBuiltinESMExports();
}

function later(_: number, done: fs.NoParamCallback): void {
  queueMicrotask(() => done(null));
}
