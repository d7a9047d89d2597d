import { readdirSync, readFileSync } from "node:fs";

const CLOEXEC = 0o2000000;
// A table of descriptors longer than this is not built; see below.
const HIGHEST = 4096;

/**
 * Finds descriptors that this process was given and would pass on: everything from 3 on without close-on-exec. The
 * runtimes open their own with it, so these come from whoever started us, e.g. a terminal or a file with keys.
 *
 * @returns Their numbers; a dead pipe belongs over each of them in a child.
 * @throws {RangeError} When one lies so high that it cannot be covered.
 */
export function strayDescriptors(): readonly number[] {
  const stray: number[] = [];
  for (const name of readdirSync("/proc/self/fd")) {
    const fd = Number(name);
    if (fd < 3 || !inherited(fd)) continue;
    if (fd > HIGHEST) throw new RangeError(`descriptor ${fd} is open and cannot be kept from the command`);
    stray.push(fd);
  }
  return stray;
}

function inherited(fd: number): boolean {
  try {
    const [, flags] = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1")) ?? [];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOEXEC) === 0;
  } catch {
    // Closed since the listing, like the descriptor of the listing itself.
    return false;
  }
}
