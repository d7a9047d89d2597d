import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { verifySession } from "../../../audit/verify-session.ts";
import { listSessionFiles } from "../../../audit/session-files.ts";
import { readSession } from "../../../audit/read-session.ts";
import { loadSodium } from "../../../core/mod.ts";
import { type FuzzTarget, refusal, same, violated } from "../target.ts";

const FIXTURES = fileURLToPath(new URL("../../fixtures/azlog/", import.meta.url));
const FIRST = "ses_01KAHMQQ13ZSNTMYATVX1QS9TY.jsonl";

/** The first segment of a closed session, whose second one and whose ledger nobody touched. */
export async function open(): Promise<FuzzTarget> {
  await loadSodium();
  const folder = mkdtempSync(join(tmpdir(), "az-fuzz-"));
  cpSync(FIXTURES, folder, { recursive: true });
  const file = join(folder, FIRST);
  const sound = new Uint8Array(readFileSync(file));
  const key: unknown = JSON.parse(readFileSync(join(FIXTURES, "audit-box.key"), "utf8"));
  const { kid, sk } = Object(key) as { kid: string; sk: string };
  const secret = new Uint8Array(Buffer.from(sk, "base64"));
  function secretOf(wanted: string): Uint8Array | null {
    return wanted === kid ? secret.slice() : null;
  }
  return {
    samples: [sound],
    words: ('{"t":"e" {"t":"c" {"t":"z" {"t":"h" "seq": "ts": "prev": "size": "root": "sig": "exit":"ok" "next": ' +
      '"prev_seg":null "to":[] azlog/1 "ct":"').split(" "),
    async check(input) {
      writeFileSync(file, input);
      try {
        const [files] = listSessionFiles(folder);
        if (files === undefined) throw violated("the session is there");
        const report = verifySession({ files, heads: [], signers: null, secretOf, decrypt: 1_000 });
        // A line that its writer did not finish is no change: it is counted, and nothing of it is believed.
        const torn = input.length > sound.length && same(input.subarray(0, sound.length), sound) &&
          !input.subarray(sound.length).includes(0x0a) && report.torn === 1;
        if (report.ok && !same(input, sound) && !torn) throw violated("a changed record was found sound");
        await readSession(files, secretOf, () => undefined);
        return report.ok ? "ok" : report.problems.map(({ code }) => code).join(" ");
      } catch (cause) {
        return refusal(cause, "AuditError");
      }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
