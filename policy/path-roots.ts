/** Real folders that `${…}` in a path glob stands for; `null` where there is none, then the glob matches nothing. */
export interface PathRoots {
  /** Real root of the project, for `${project}`. */
  readonly project: string | null;
  /** The user's home folder, for `${home}`. */
  readonly home: string | null;
  /** The folder for temporary files, for `${tmp}`. */
  readonly tmp: string | null;
  /** The data folder of the acting skill, for `${skill_data}`. */
  readonly skill_data: string | null;
  /** `true` on file systems that take upper and lower case for the same. */
  readonly fold: boolean;
}

/** Brings all roots to the form of {@link foldPath}, without a separator at the end. */
export function foldRoots(roots: PathRoots): PathRoots {
  return {
    project: foldRoot(roots.project, roots.fold),
    home: foldRoot(roots.home, roots.fold),
    tmp: foldRoot(roots.tmp, roots.fold),
    skill_data: foldRoot(roots.skill_data, roots.fold),
    fold: roots.fold,
  };
}

/** Brings one root to the form of {@link foldRoots}. */
export function foldRoot(root: string | null, fold: boolean): string | null {
  return root === null ? null : foldPath(root, fold).replace(/\/+$/, "");
}

/** Brings a path or glob to the form that is compared: NFC, and lower case where the file system folds it. */
export function foldPath(path: string, fold: boolean): string {
  if (!fold && path.charCodeAt(0) === SLASH && isAscii(path)) return path;
  const composed = path.normalize("NFC");
  const slashed = composed.charCodeAt(0) === SLASH ? composed : composed.replace(DRIVE, "/$1/").replaceAll("\\", "/");
  return fold ? slashed.toLowerCase() : slashed;
}

/** A loop, since a test of every path by an expression is most of what a decision costs. */
function isAscii(path: string): boolean {
  for (let at = 0; at < path.length; at++) if (path.charCodeAt(at) > 0x7e) return false;
  return true;
}

const SLASH = 0x2f;
const DRIVE = /^([A-Za-z]:)[\\/]/;
