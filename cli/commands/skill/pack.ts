import { realpathSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { type Digest, loadSodium, writeFileAtomic } from "../../../core/mod.ts";
import { showWord } from "../../../policy/mod.ts";
import { type PackedFolder, packFolder, SKILL_CODES, SkillsError } from "../../../skills/mod.ts";
import { inspectComponent } from "../../compose/inspect-component.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { badUsage } from "../../usage.ts";
import { describePackage } from "./describe-package.ts";
import { readPackage } from "./read-package.ts";
import { signFile, writeSignature } from "./sign-file.ts";

// What is wrong with one's own folder is no damage: it failed.
const AUTHOR_CODES: readonly string[] = [...SKILL_CODES.archive, ...SKILL_CODES.manifest, ...SKILL_CODES.content];

/** Runs `skill pack`. */
export async function skillPack(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  await loadSodium();
  const seq = parseSeq(input.option("seq"));
  try {
    const previous = await previousRelease(context, input.option("previous"));
    const packed = await packFolder(resolve(context.cwd, input.arg(0) ?? ""), {
      seq,
      previous: previous?.digest ?? null,
      inspect: inspectComponent,
    });
    if (previous !== null) checkPrevious(previous, packed);
    await write(context, input, packed);
    return EXIT.ok;
  } catch (cause) {
    if (!(cause instanceof SkillsError) || !AUTHOR_CODES.includes(cause.code)) throw cause;
    context.output.error(cause);
    return EXIT.failed;
  }
}

async function write(context: CommandContext, input: CommandInput, packed: PackedFolder): Promise<void> {
  const path = resolve(context.cwd, input.option("out") ?? packed.fileName);
  refuseInside(path, resolve(context.cwd, input.arg(0) ?? ""));
  const key = input.option("sign");
  const signature = key === undefined ? null : await signFile(context, packed, key);
  writeFileAtomic(path, packed.archive, 0o644);
  const sig = signature === null ? null : writeSignature(path, signature);
  if (context.json) context.output.json({ v: 1, file: path, sig, ...describePackage(packed.content) });
  else {
    const { id, version } = packed.content.manifest;
    context.output.text(`${path}  ${id}@${version}  ${packed.content.digest}`);
    if (sig !== null) context.output.text(sig);
    else context.output.note(`next: agentzero skill sign ${showWord(relative(context.cwd, path))} --key NAME`);
  }
}

/** A package inside its own folder would be a file of the next one. */
function refuseInside(path: string, folder: string): void {
  const inside = relative(realOrSame(folder), realOrSame(dirname(path)));
  if (inside.startsWith("..") || isAbsolute(inside)) return;
  throw badUsage(`Cannot write "${path}": it is inside the folder that is packed`, "name a file elsewhere with --out");
}

function realOrSame(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function parseSeq(text: string | undefined): number | null {
  if (text === undefined) return null;
  const seq = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(seq)) return seq;
  throw badUsage(
    `Cannot pack: --seq "${text}" is no number of a release`,
    "name a whole number, greater than the last",
  );
}

interface Previous {
  readonly digest: Digest;
  readonly id: string;
  readonly seq: number;
}

async function previousRelease(context: CommandContext, named: string | undefined): Promise<Previous | null> {
  if (named === undefined) return null;
  const { content } = await readPackage(context.cwd, named);
  return { digest: content.digest, id: content.manifest.id, seq: content.manifest.seq };
}

function checkPrevious(previous: Previous, { content: { manifest } }: PackedFolder): void {
  if (previous.id !== manifest.id) {
    throw badUsage(
      `Cannot pack: --previous is ${previous.id}, not ${manifest.id}`,
      "name the last release of this skill",
    );
  }
  if (previous.seq >= manifest.seq) {
    throw badUsage(
      `Cannot pack: the last release has number ${previous.seq}, this one ${manifest.seq}`,
      "raise the version, or name a greater number with --seq",
    );
  }
}
