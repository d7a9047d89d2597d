import { SkillsError } from "../errors.ts";
import { MAX_SIGNATURE_BYTES } from "../minisign.ts";
import { readRegular } from "../read-regular.ts";

/** Where a signature lies. */
export interface SignatureFile {
  /** Absolute path. */
  readonly path: string;
  /** How messages name it. */
  readonly shown: string;
}

/**
 * Reads a detached signature: a regular file of at most 4 KiB, no link.
 *
 * @throws {SkillsError} `SIG_MISSING`; `SIG_MALFORMED` when it is too long; `ENTRY_TYPE` for links and the like;
 * `READ_FAILED`.
 */
export function readSignatureFile({ path, shown }: SignatureFile): Uint8Array {
  const file = readRegular(path, MAX_SIGNATURE_BYTES);
  if (file.kind === "ok") return file.bytes;
  if (file.kind === "missing") {
    throw new SkillsError("SIG_MISSING", `Cannot take the skill: there is no signature "${shown}"`, {
      hint:
        "put the publisher's signature beside it, or name it with --sig; unsigned text can be installed as a folder",
    });
  }
  const code = file.why === "size" ? "SIG_MALFORMED" : file.why === "io" ? "READ_FAILED" : "ENTRY_TYPE";
  throw new SkillsError(code, `Cannot read signature "${shown}": ${file.seen}`, {
    hint: code === "ENTRY_TYPE" ? "name the file itself" : "get it again from where the package came from",
  });
}
