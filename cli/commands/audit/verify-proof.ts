import { resolve } from "node:path";
import { pinnedKeyOf, verifyProof } from "../../../audit/mod.ts";
import { toBase64 } from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { readNamedText } from "../../read-named-text.ts";
import { eventFields } from "./event-text.ts";
import { openReading } from "./open-reading.ts";

const MAX_PROOF_BYTES = 64 * 1024 * 1024;

/** `audit verify --proof F`: checks a proof of one event; needs no record, only the signing key. */
export async function verifyProofFile(context: CommandContext, input: CommandInput, path: string): Promise<ExitCode> {
  const pub = input.option("pub");
  const own = pub === undefined ? (await openReading(context, input, "never")).keys : null;
  const pinned = pub === undefined ? own?.auditSign.publicKey : pinnedKeyOf(resolve(context.cwd, pub));
  const report = await verifyProof(
    readProof(resolve(context.cwd, path)),
    pinned === undefined ? null : [toBase64(pinned)],
  );
  if (context.json) context.output.json({ v: 1, ...report });
  else {
    const said = report.problems.map(({ code, detail }) => `${code}: ${detail}`).join("; ");
    const holds = pinned === undefined ? `signed by ${report.signer}: compare that key` : "it is in the record";
    context.output.text(
      `${report.ok ? "ok" : "FAILED"}  ${report.session}  event ${report.seq}  ${said === "" ? holds : said}`,
    );
    if (report.ok && report.event !== null) {
      context.output.table(eventFields(report.seq, report.event));
    }
  }
  return report.ok ? EXIT.ok : EXIT.integrity;
}

function readProof(path: string): unknown {
  const text = readNamedText(path, `proof "${path}"`, { maxBytes: MAX_PROOF_BYTES });
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError("INPUT_INVALID", `Cannot read proof "${path}": it is not JSON`);
  }
}
