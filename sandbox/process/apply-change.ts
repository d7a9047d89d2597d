import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Random } from "../../core/mod.ts";
import { SandboxError } from "../errors.ts";
import { errnoOf } from "../files/file-error.ts";
import { type OpenFolder, openFolder } from "../files/folder.ts";
import { openFile } from "../files/open-file.ts";
import { lstatOrNull } from "../files/stamp.ts";
import { tempName } from "../files/temp-name.ts";
import { setFolderMode } from "./kept-folders.ts";
import { isUnchanged, type RawChange } from "./raw-change.ts";

/** Where changes come from and go to. */
export interface ApplyContext {
  readonly project: string;
  readonly up: string;
  readonly platform: string;
  readonly uid: number;
  readonly random: Random;
}

/**
 * Applies one change to the project, atomically, through the verified descriptor of its parent.
 *
 * @param context The project and the upper folder of the stage.
 * @param part The change.
 * @throws {SandboxError} `PATH_CHANGED`; errors of the file system as they come.
 */
export function applyChange(context: ApplyContext, part: RawChange): void {
  const path = join(context.project, part.relative);
  const folder = openFolder(dirname(path), context.platform);
  try {
    const place: Place = { context, part, folder, base: basename(path), source: join(context.up, part.relative) };
    // Changed in this instant? Where a folder stood in the way it is gone by now, and that was us.
    if (!replacesFolder(part) && part.kind !== "create") requireUnchanged(place);
    apply(place);
  } finally {
    folder.close();
  }
}

interface Place {
  readonly context: ApplyContext;
  readonly part: RawChange;
  readonly folder: OpenFolder;
  readonly base: string;
  readonly source: string;
}

function apply(place: Place): void {
  const { part, folder, base } = place;
  switch (part.kind) {
    case "create":
      return part.entry === "directory" ? createFolder(place) : createFile(place);
    case "modify":
      return replaceFile(place);
    case "symlink":
      return placeLink(place);
    case "chmod":
      return part.entry === "directory"
        ? setFolderMode(place.context, `${folder.real}/${base}`, part.mode ?? 0o755)
        : setFileMode(place);
    case "delete":
      return part.entry === "directory" ? rmdirSync(folder.at(base)) : unlinkSync(folder.at(base));
    default:
      return part.kind satisfies never;
  }
}

function replacesFolder(part: RawChange): boolean {
  return part.lower?.kind === "directory" && part.entry !== "directory";
}

function createFolder(place: Place): void {
  const { context, part, folder, base } = place;
  try {
    mkdirSync(folder.at(base), 0o700);
  } catch (error) {
    if (errnoOf(error) === "EEXIST" && lstatOrNull(folder.at(base))?.isDirectory() === true) return;
    throw error;
  }
  setFolderMode(context, `${folder.real}/${base}`, part.mode ?? 0o755);
}

// `link` fails where a name is taken, so that nothing which appeared this instant is lost, and moves no bytes.
function createFile(place: Place): void {
  const target = place.folder.at(place.base);
  try {
    linkSync(place.source, target);
  } catch (error) {
    if (!["EXDEV", "EPERM", "EMLINK", "ENOTSUP", "EOPNOTSUPP"].includes(errnoOf(error))) throw error;
    withTemp(place, (temp) => {
      copyInto(place, temp);
      linkSync(temp, target);
      unlinkSync(temp);
    });
  }
}

function replaceFile(place: Place): void {
  withTemp(place, (temp) => {
    copyInto(place, temp);
    requireUnchanged(place);
    renameSync(temp, place.folder.at(place.base));
  });
}

function placeLink(place: Place): void {
  const text = readlinkSync(place.source);
  if (place.part.lower === null || replacesFolder(place.part)) {
    symlinkSync(text, place.folder.at(place.base));
    return;
  }
  withTemp(place, (temp) => {
    symlinkSync(text, temp);
    requireUnchanged(place);
    renameSync(temp, place.folder.at(place.base));
  });
}

function setFileMode(place: Place): void {
  const file = openFile(place.folder, place.base);
  try {
    if (!isUnchanged(file.stat, place.part.lower)) throw changed(place.part);
    fchmodSync(file.fd, place.part.mode ?? 0o644);
  } finally {
    file.close();
  }
}

function copyInto(place: Place, temp: string): void {
  const { context, part, source } = place;
  // Our own copy may have a mode that keeps even us out, and other names that are in place already.
  const locked = ((part.mode ?? 0o644) & 0o400) === 0;
  if (locked) chmodSync(source, 0o600);
  copyFileSync(source, temp, constants.COPYFILE_EXCL);
  if (locked) chmodSync(source, part.mode ?? 0o600);
  chmodSync(temp, 0o600);
  const fd = openSync(temp, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const made = fstatSync(fd, { bigint: true });
    const mode = part.mode ?? 0o644;
    fchmodSync(fd, ownersKept(fd, { part, uid: context.uid, made }) ? mode : (mode & 0o707) | ((mode & 0o007) << 3));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

// Threat: what the old group could read, a new group must not. `false`: the group could not be kept.
function ownersKept(
  fd: number,
  at: { readonly part: RawChange; readonly uid: number; readonly made: { readonly uid: bigint; readonly gid: bigint } },
): boolean {
  const { lower } = at.part;
  if (lower === null || (lower.uid === at.made.uid && lower.gid === at.made.gid)) return true;
  try {
    fchownSync(fd, at.uid === 0 ? Number(lower.uid) : Number(at.made.uid), Number(lower.gid));
    return true;
  } catch {
    return false;
  }
}

function withTemp(place: Place, run: (temp: string) => void): void {
  const temp = place.folder.at(tempName(place.context.random));
  try {
    run(temp);
  } catch (error) {
    try {
      unlinkSync(temp);
    } catch {
      // It was never made, or is in place already.
    }
    throw error;
  }
}

function requireUnchanged(place: Place): void {
  if (!isUnchanged(lstatOrNull(place.folder.at(place.base)), place.part.lower)) throw changed(place.part);
}

function changed(part: RawChange): SandboxError {
  return new SandboxError(
    "PATH_CHANGED",
    `Cannot keep ${JSON.stringify(part.relative)}: it was changed by somebody else meanwhile`,
    {
      hint: "run the command again",
    },
  );
}
