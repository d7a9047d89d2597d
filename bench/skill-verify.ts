import { randomBytes } from "node:crypto";
import { loadSodium } from "../core/mod.ts";
import {
  buildManifest,
  claimPackage,
  createSigningKey,
  formatManifest,
  MANIFEST_PATH,
  type PackageFile,
  packArchive,
  readContent,
  readSkillMd,
  reopenPackage,
  signPackage,
  trustPackage,
  verifySignedPackage,
} from "../skills/mod.ts";
import type { Row } from "./support/row.ts";

const ROUNDS = 60;
const GOAL_MS = 10;
const TEXT = `---
name: tables
description: Reads tables. Use for tabular data.
metadata:
  version: "1.0.0"
  az.spec: "1"
  az.id: "example-org/tables"
---
Ask which columns matter.
`;

/**
 * Measures what happens to a package before each use: both signatures, canonical form, every digest, the text.
 *
 * @returns Rows for 12 KB and for 2 MB.
 */
export async function measure(): Promise<readonly Row[]> {
  await loadSodium();
  return [row("skill verify, 12 KB package", 10_000), row("skill verify, 2 MB package", 2_000_000)];
}

function row(name: string, bytes: number): Row {
  const key = createSigningKey({ bytes: (count) => new Uint8Array(randomBytes(count)) });
  const archive = packageOf(bytes);
  const minisig = new TextEncoder().encode(signPackage(archive, readContent(archive), key));
  const samples = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    reopenPackage(trustPackage(verifySignedPackage(claimPackage(archive, minisig), key.public), "example-org"));
    return performance.now() - start;
  });
  const ours = Math.min(...samples);
  return { name, ours, unit: "ms", peer: null, goal: `<= ${GOAL_MS} ms`, reached: ours <= GOAL_MS };
}

function packageOf(bytes: number): Uint8Array {
  const text = new TextEncoder().encode(TEXT);
  const files: PackageFile[] = [{ path: "SKILL.md", bytes: text, exec: false }];
  const parts = 8;
  for (let i = 0; i < parts; i++) {
    files.push({ path: `assets/part-${i}.bin`, bytes: randomBytes(Math.ceil(bytes / parts)), exec: false });
  }
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const { secure } = readSkillMd(text, { profile: "secure" });
  if (secure === null) throw new TypeError("Cannot measure: the sample has no header");
  const manifest = buildManifest(sorted, secure, { seq: 1_000_000, previous: null });
  return packArchive([...sorted, { path: MANIFEST_PATH, bytes: formatManifest(manifest), exec: false }]);
}
