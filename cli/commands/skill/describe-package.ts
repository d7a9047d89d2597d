import type { PackageContent } from "../../../skills/mod.ts";

/** What commands print of a package with `--json`. */
export interface PackageFacts {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly seq: number;
  readonly package: string;
  readonly perm: string;
  readonly root: string;
  readonly fingerprint: string;
  readonly runtime: string;
  readonly world: string | null;
  readonly wasm: string | null;
  readonly previous: string | null;
  readonly size: number;
  readonly files: number;
  readonly permissions: PackageContent["manifest"]["permissions"];
}

/** Picks what commands print of a package. */
export function describePackage(content: Omit<PackageContent, "header">): PackageFacts {
  const { manifest, md, digest, fingerprint, size, files } = content;
  const { id, version, seq, perm, root, wasm, previous, permissions } = manifest;
  return {
    id,
    name: md.name,
    version,
    seq,
    package: digest,
    perm,
    root,
    fingerprint,
    runtime: permissions.runtime,
    world: permissions.world,
    wasm,
    previous,
    size,
    files: files.length,
    permissions,
  };
}
