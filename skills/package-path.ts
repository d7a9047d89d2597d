/** The longest path inside a package, in bytes. */
export const MAX_PATH_BYTES = 100;
/** The most parts of a path. */
export const MAX_PATH_PARTS = 8;

const PART = /^[A-Za-z0-9_@+][A-Za-z0-9._@+-]*$/;
// Windows opens a device for each of these, with any ending.
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * Says what is wrong with a path inside a package: hidden names, `..`, blanks, devices and `node_modules` cannot occur.
 *
 * @param path A path with `/` between its parts.
 * @returns What is wrong, or `null`.
 */
export function packagePathFault(path: string): string | null {
  if (path === "") return "it is empty";
  if (path.length > MAX_PATH_BYTES) return `it is longer than ${MAX_PATH_BYTES} bytes`;
  const parts = path.split("/");
  if (parts.length > MAX_PATH_PARTS) return `it has more than ${MAX_PATH_PARTS} parts`;
  for (const part of parts) {
    if (part === "") return "it is absolute or has an empty part";
    if (!PART.test(part)) return "a part has another form than letters, digits and . _ @ + - (no leading . or -)";
    if (part.endsWith(".")) return "a part ends in a dot";
    if (DEVICE.test(part)) return "a part is the name of a device on Windows";
    if (part.toLowerCase() === "node_modules") return "node_modules does not belong into a package";
  }
  return null;
}

/** Tells whether a text can be a path inside a package. */
export function isPackagePath(path: string): boolean {
  return packagePathFault(path) === null;
}
