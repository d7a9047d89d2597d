/** Bounds of a package, checked before anything is allocated. */
export interface PackageLimits {
  /** Files, the manifest included. */
  readonly files: number;
  /** Bytes of one file. */
  readonly fileBytes: number;
  /** Bytes of the archive. */
  readonly archiveBytes: number;
  /** Bytes of `SKILL.md`. */
  readonly skillMdBytes: number;
  /** Bytes of the manifest. */
  readonly manifestBytes: number;
}

/** The bounds of this version of the format. */
export const PACKAGE_LIMITS: PackageLimits = {
  files: 512,
  fileBytes: 16_777_216,
  archiveBytes: 67_108_864,
  skillMdBytes: 65_536,
  manifestBytes: 262_144,
};

/**
 * Says how long a file may be.
 *
 * @param path Path inside the package.
 * @returns Bytes.
 */
export function maxFileBytes(path: string): number {
  if (path === "SKILL.md") return PACKAGE_LIMITS.skillMdBytes;
  return path === "azs-manifest.json" ? PACKAGE_LIMITS.manifestBytes : PACKAGE_LIMITS.fileBytes;
}
