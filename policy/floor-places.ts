import { foldPath, type PathRoots } from "./path-roots.ts";

/** Places that the floor guards. */
export interface FloorPlaces {
  /** Spellings of `$AGENTZERO_HOME`: as given and real, in the form of `foldPath`. */
  readonly homes: readonly string[];
  /** The real project, folded, or `null`. */
  readonly project: string | null;
}

/**
 * Prepares the places.
 *
 * @param homes Spellings of `$AGENTZERO_HOME`.
 * @param roots Roots in the form of `foldRoots`.
 */
export function floorPlaces(homes: readonly string[], roots: PathRoots): FloorPlaces {
  return {
    homes: [...new Set(homes.map((home) => foldPath(home, roots.fold).replace(/\/+$/, "")))],
    project: roots.project,
  };
}

/** Tells whether a path is a folder or below it; both folded, the folder without a slash at its end. */
export function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder) && (path.length === folder.length || path.charCodeAt(folder.length) === SLASH);
}

const SLASH = 0x2f;
