import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSodium, openKeys } from "../../../core/mod.ts";
import { openJson } from "../../../policy/mac.ts";
import { createSigningKey } from "../../../skills/secret-key.ts";
import { trustPath } from "../../../skills/trust/place.ts";
import { pinKey, readPublishers } from "../../../skills/trust/publishers.ts";
import { readRevocations, revoke } from "../../../skills/trust/revoked.ts";
import { readSeen } from "../../../skills/trust/seen.ts";
import { bytesOf, type FuzzTarget, refusal, same, textOf, violated } from "../target.ts";

/** The files of trust, on disk, against what was written there: their MAC lets no second text through. */
export async function open(): Promise<FuzzTarget> {
  await loadSodium();
  const home = realpathSync(mkdtempSync(join(tmpdir(), "az-fuzz-")));
  let count = 0;
  const random = { bytes: (size: number) => new Uint8Array(size).fill(++count) };
  const keys = await openKeys({ home, random });
  const place = { home, keys, clock: { now: () => 1_763_676_249_123, mono: () => 0 } };
  const key = createSigningKey(random).public;
  pinKey(place, { namespace: "acme", key });
  revoke(place, { kind: "id", what: "acme/pdf", reason: "broken" });
  const files = [trustPath(home, "publishers"), trustPath(home, "revoked"), join(home, "keys", "trust-files.json")];
  const sound = files.map((file) => new Uint8Array(readFileSync(file)));
  return {
    samples: sound,
    words: ["v", "generation", "mac", "publishers", "revoked", "keys", "acme", "files", "b2:"],
    check(input) {
      openJson(keys, { label: "az/trust/v1", kind: "seen" }, textOf(input));
      const outcomes = files.map((file, at) => {
        writeFileSync(file, input, { mode: 0o600 });
        try {
          readPublishers(place);
          readRevocations(place);
          readSeen(place);
          if (!same(input, sound[at] ?? bytesOf(""))) throw violated(`a changed file was believed: ${file}`);
          return "ok";
        } catch (cause) {
          return refusal(cause, "SkillsError");
        } finally {
          writeFileSync(file, sound[at] ?? "");
        }
      });
      return outcomes.includes("ok") ? `ok ${outcomes.indexOf("ok")}` : outcomes.join(", ");
    },
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}
