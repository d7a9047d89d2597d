import { isWithin } from "../files/check-path.ts";

interface Mount {
  readonly id: string;
  readonly parent: string;
  readonly point: string;
}

/**
 * Finds the mounts that can be reached below a folder, as a recursive bind of it would bring them along.
 *
 * @example
 * ```ts
 * mountsBelow(readFileSync("/proc/self/mountinfo", "utf8"), "/usr"); // ["/usr/local"]
 * ```
 * @param info The text of `/proc/self/mountinfo`, see proc_pid_mountinfo(5).
 * @param path Absolute path.
 * @returns Mount points strictly below it, sorted; none that another mount covers.
 */
export function mountsBelow(info: string, path: string): readonly string[] {
  const mounts = info.split("\n").flatMap((line): readonly Mount[] => {
    const [id, parent, , , point] = line.split(" ");
    return id === undefined || parent === undefined || point === undefined
      ? []
      : [{ id, parent, point: decoded(point) }];
  });
  const points = new Set<string>();
  function childrenOf(mount: Mount): readonly Mount[] {
    return mounts.filter(({ id, parent }) => parent === mount.id && id !== mount.id);
  }
  function collect(mount: Mount, below: string): void {
    const children = childrenOf(mount).filter(({ point }) => isWithin(point, below));
    for (const child of children) {
      // One that was mounted over a folder above it hides it.
      if (
        children.some((other) => other !== child && other.point !== child.point && isWithin(child.point, other.point))
      ) {
        continue;
      }
      if (child.point !== path) points.add(child.point);
      collect(child, child.point);
    }
  }
  const holder = holderOf(mounts, childrenOf, path);
  if (holder !== null) collect(holder, path);
  return [...points].toSorted();
}

// The mount that a path leads into, from the root on.
function holderOf(
  mounts: readonly Mount[],
  childrenOf: (mount: Mount) => readonly Mount[],
  path: string,
): Mount | null {
  const ids = new Set(mounts.map(({ id }) => id));
  let holder = mounts.findLast(({ id, parent, point }) => point === "/" && (parent === id || !ids.has(parent))) ?? null;
  for (let steps = 0; holder !== null && steps <= mounts.length; steps++) {
    const over = childrenOf(holder).filter(({ point }) => isWithin(path, point))
      .toSorted((a, b) => a.point.length - b.point.length);
    const [next] = over;
    if (next === undefined) return holder;
    holder = next;
  }
  return holder;
}

// Blanks and backslashes are written as three octal digits.
function decoded(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
