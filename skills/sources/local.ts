import { lstatSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { PACKAGE_LIMITS } from "../archive-limits.ts";
import type { InspectComponent } from "../component-imports.ts";
import { findingError, SkillsError } from "../errors.ts";
import { MAX_SIGNATURE_BYTES, parsePublicKey, type PublicSigningKey } from "../minisign.ts";
import { packArchive } from "../pack-archive.ts";
import { packFolder } from "../pack-folder.ts";
import { readFolder } from "../read-folder.ts";
import { readRegular } from "../read-regular.ts";
import { readSkillMd } from "../read-skill-md.ts";
import type { PackageFile } from "../stages.ts";
import { readSignatureFile } from "./signature-file.ts";

/** What a source gave; nothing of it is verified. */
export type SourceBundle =
  | {
    readonly kind: "signed";
    /** The archive. */
    readonly archive: Uint8Array;
    /** The text of its signature. */
    readonly minisig: Uint8Array;
    /** Keys that lie beside it; nobody vouches for them. */
    readonly offered: readonly PublicSigningKey[];
    /** Where it came from, as the lock says it. */
    readonly source: string;
  }
  | {
    readonly kind: "folder";
    /** Name of the folder. */
    readonly name: string;
    /** Its files as one canonical archive. */
    readonly archive: Uint8Array;
    /** The files. */
    readonly files: readonly PackageFile[];
    /** Where it came from, as the lock says it. */
    readonly source: string;
  };

/** A file or folder that a person named. */
export interface LocalSource {
  /** Absolute path. */
  readonly path: string;
  /** As the lock shall say it. */
  readonly source: string;
  /** Absolute path of the signature, or `null` for the one beside it. */
  readonly sig: string | null;
  /** How to look into a component. */
  readonly inspect: InspectComponent;
}

/**
 * Reads a skill from a file or folder, following no link.
 *
 * @param local What was named.
 * @returns Its bytes: a folder without a signature is text only.
 * @throws {SkillsError} `NOT_FOUND`, `ENTRY_TYPE` for links, `SIG_MISSING` for an unsigned file, `SIZE_LIMIT`, and what
 * reading a folder finds.
 */
export async function readLocalSource(local: LocalSource): Promise<SourceBundle> {
  const { path } = local;
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new SkillsError("NOT_FOUND", `Cannot take a skill from "${local.source}": there is no such file or folder`, {
      hint: "make a package with agentzero skill pack DIR, or name a registry: oci:HOST/REPO:TAG",
    });
  }
  if (stat.isDirectory()) return await readFolderSource(local);
  if (!stat.isFile()) {
    throw new SkillsError("ENTRY_TYPE", `Cannot take a skill from "${local.source}": it is a link or no regular file`, {
      hint: "name the file itself",
    });
  }
  const archive = readNamed(path, PACKAGE_LIMITS.archiveBytes, local.source);
  return { kind: "signed", archive, minisig: readSignature(local), offered: offeredKeys(path), source: local.source };
}

async function readFolderSource(local: LocalSource): Promise<SourceBundle> {
  const { path, source, inspect } = local;
  if (local.sig !== null || lstatSync(`${path}.minisig`, { throwIfNoEntry: false }) !== undefined) {
    const { archive } = await packFolder(path, { seq: null, previous: null, inspect });
    return { kind: "signed", archive, minisig: readSignature(local), offered: offeredKeys(path), source };
  }
  const { files, findings: [first] } = readFolder(path);
  if (first !== undefined) throw findingError(first, "Cannot install folder");
  const text = files.find((file) => file.path === "SKILL.md");
  if (text === undefined) {
    throw new SkillsError("FRONTMATTER", `Cannot install "${source}": it has no SKILL.md`, {
      path: "SKILL.md",
      hint: "name the folder that holds SKILL.md; agentzero skill init NAME makes one",
    });
  }
  const { name } = readSkillMd(text.bytes, { profile: "compat", folder: path });
  return { kind: "folder", name, archive: packArchive(files), files, source };
}

function readSignature({ path, sig }: LocalSource): Uint8Array {
  const named = sig ?? `${path}.minisig`;
  return readSignatureFile({ path: named, shown: basename(named) });
}

function readNamed(path: string, maxBytes: number, shown: string): Uint8Array {
  const file = readRegular(path, maxBytes);
  if (file.kind === "ok") return file.bytes;
  if (file.kind === "missing") throw new SkillsError("NOT_FOUND", `Cannot read "${shown}": there is no such file`);
  const code = file.why === "size" ? "SIZE_LIMIT" : file.why === "io" ? "READ_FAILED" : "ENTRY_TYPE";
  throw new SkillsError(code, `Cannot read "${shown}": ${file.seen}`, {
    hint: code === "SIZE_LIMIT" ? "packages have at most 64 MiB" : "name the file itself",
  });
}

const MAX_OFFERED = 16;

/** Keys beside the source: a help for whoever has to compare one, trusted by nobody. */
function offeredKeys(path: string): readonly PublicSigningKey[] {
  const folder = dirname(path);
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".pub"))
      .slice(0, MAX_OFFERED)
      .flatMap((name) => {
        const file = readRegular(join(folder, name), MAX_SIGNATURE_BYTES);
        return file.kind === "ok" ? parsed(new TextDecoder().decode(file.bytes)) : [];
      });
  } catch {
    return [];
  }
}

function parsed(text: string): readonly PublicSigningKey[] {
  try {
    return [parsePublicKey(text)];
  } catch {
    return [];
  }
}
