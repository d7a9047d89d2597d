const SIGNATURES: readonly (readonly [string, readonly number[]])[] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["application/pdf", [0x25, 0x50, 0x44, 0x46]],
  ["application/zip", [0x50, 0x4b, 0x03, 0x04]],
  ["application/gzip", [0x1f, 0x8b]],
  ["application/zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["application/x-xz", [0xfd, 0x37, 0x7a, 0x58]],
  ["application/wasm", [0x00, 0x61, 0x73, 0x6d]],
  ["application/x-executable", [0x7f, 0x45, 0x4c, 0x46]],
  ["application/vnd.sqlite3", [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65]],
];

/**
 * Guesses what a binary file is from its first bytes.
 *
 * @param head The first bytes.
 * @returns A media type; `application/octet-stream` if not known.
 */
export function fileType(head: Uint8Array): string {
  for (const [type, signature] of SIGNATURES) {
    if (signature.every((byte, index) => head[index] === byte)) return type;
  }
  return "application/octet-stream";
}
