/**
 * Reads the names in a git index (versions 2 to 4), as far as it is one.
 *
 * @param bytes Content of `.git/index`.
 * @returns The paths that git has, or `null` for bytes that are no index of these versions.
 */
export function trackedFiles(bytes: Uint8Array): ReadonlySet<string> | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || view.getUint32(0) !== 0x44495243) return null;
  const version = view.getUint32(4);
  const count = view.getUint32(8);
  if (version < 2 || version > 4 || count > 2_000_000) return null;
  const names = new Set<string>();
  let at = 12;
  let before = "";
  for (let entry = 0; entry < count; entry++) {
    if (at + 62 > bytes.length) return null;
    const flags = view.getUint16(at + 60);
    const start = at + ((flags & 0x4000) !== 0 && version >= 3 ? 64 : 62);
    const read = version === 4 ? compressed(bytes, start, before) : plain(bytes, start);
    if (read === null) return null;
    before = read.name;
    names.add(read.name);
    at = version === 4 ? read.end : at + (((read.end - at) + 7) & ~7);
  }
  return names;
}

interface ReadName {
  readonly name: string;
  /** Behind the NUL. */
  readonly end: number;
}

function plain(bytes: Uint8Array, start: number): ReadName | null {
  const end = bytes.indexOf(0, start);
  return end < 0 ? null : { name: textOf(bytes, start, end), end: end + 1 };
}

// Version 4: how many bytes of the name before are dropped, then the rest.
function compressed(bytes: Uint8Array, start: number, before: string): ReadName | null {
  let at = start;
  let byte = bytes[at++] ?? 0;
  let drop = byte & 0x7f;
  while ((byte & 0x80) !== 0) {
    byte = bytes[at++] ?? 0;
    drop = ((drop + 1) << 7) | (byte & 0x7f);
    if (at - start > 5) return null;
  }
  const end = bytes.indexOf(0, at);
  const kept = Buffer.from(before);
  if (end < 0 || drop > kept.length) return null;
  return { name: kept.subarray(0, kept.length - drop).toString("utf8") + textOf(bytes, at, end), end: end + 1 };
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder().decode(bytes.subarray(start, end));
}
