import { readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import {
  checkStatement,
  keepStatement,
  keyIdOf,
  parseStatement,
  readPublishers,
  readRegular,
  SkillsError,
} from "../../../skills/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { changeTrust, openTrust, recordRefusal } from "./open.ts";

const MAX_STATEMENT_BYTES = 1_048_576;
const MAX_SIGNATURE_BYTES = 4096;
const MAX_SIGNATURES = 64;

/** Runs `trust rotate`: takes over a publisher's statement that the old and the new root signed. */
export async function trustRotate(context: CommandContext, input: CommandInput): Promise<void> {
  const trust = await openTrust(context);
  try {
    const path = resolve(context.cwd, input.arg(0) ?? "");
    const bytes = readNamed(path, MAX_STATEMENT_BYTES);
    const statement = parseStatement(bytes);
    const named = input.options("sig").map((file) => resolve(context.cwd, file));
    const signatures = [...besides(path), ...named].map((file) => readNamed(file, MAX_SIGNATURE_BYTES));
    if (signatures.length === 0) {
      throw new SkillsError("SIG_MISSING", `Cannot take "${basename(path)}": there is no signature beside it`, {
        hint: `put ${basename(path)}.minisig beside it, or name it with --sig`,
      });
    }
    const publisher = readPublishers(trust.place).find(({ namespace }) => namespace === statement.namespace);
    checkStatement(publisher, statement, { bytes, signatures, now: context.system.clock.now() });
    await changeTrust(context, trust, {
      action: "trust rotate",
      reason: `took statement ${statement.serial} of "${statement.namespace}"`,
      run: () => keepStatement(trust.place, statement),
    });
    const { namespace, serial, expires, signers } = statement;
    if (context.json) {
      const keys = signers.map(({ key }) => ({ key, id: keyIdOf(key) }));
      context.output.json({ v: 1, namespace, serial, expires, keys });
    } else {
      context.output.text(
        `"${namespace}" signs with ${signers.map(({ key }) => keyIdOf(key)).join(", ")} until ${expires}`,
      );
    }
  } catch (cause) {
    await recordRefusal(context, trust, { action: "trust rotate", cause });
    throw cause;
  }
}

/** `publisher.json.minisig` and `publisher.json.NAME.minisig`, in the order of their names. */
function besides(path: string): readonly string[] {
  const start = `${basename(path)}.`;
  try {
    return readdirSync(dirname(path))
      .filter((name) => name.startsWith(start) && name.endsWith(".minisig"))
      .toSorted()
      .slice(0, MAX_SIGNATURES)
      .map((name) => join(dirname(path), name));
  } catch {
    return [];
  }
}

function readNamed(path: string, maxBytes: number): Uint8Array {
  const file = readRegular(path, maxBytes);
  if (file.kind === "ok") return file.bytes;
  if (file.kind === "missing") throw new SkillsError("NOT_FOUND", `Cannot read "${path}": there is no such file`);
  const code = file.why === "size" ? "SIZE_LIMIT" : "READ_FAILED";
  throw new SkillsError(code, `Cannot read "${path}": ${file.seen}`);
}
