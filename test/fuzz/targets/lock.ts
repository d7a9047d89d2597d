import { b2, loadSodium } from "../../../core/mod.ts";
import { formatLock, type LockEntry, parseLock } from "../../../skills/lock.ts";
import { EMPTY_PERMISSIONS } from "../../../skills/permissions.ts";
import { type FuzzTarget, refusal, violated } from "../target.ts";

/** `skills.lock`. */
export async function open(): Promise<FuzzTarget> {
  await loadSodium();
  const digest = b2("x");
  const entry: LockEntry = {
    fingerprint: digest,
    id: "acme/pdf",
    key: `RWQ${"A".repeat(53)}`,
    name: "pdf",
    package: digest,
    perm: digest,
    permissions: EMPTY_PERMISSIONS,
    profile: "secure",
    root: digest,
    runtime: "none",
    seq: 1,
    sig: digest,
    size: 10,
    source: "./pdf.azs",
    text: digest,
    version: "1.0.0",
    wasm: null,
    world: null,
  };
  return {
    samples: [formatLock([entry, { ...entry, id: "acme/csv", name: "csv" }]), formatLock([])],
    words: [...Object.keys(entry), "secure", "compat", "local/pdf", "skills", "v"],
    check(input) {
      try {
        const entries = parseLock(input);
        const again = parseLock(formatLock(entries));
        const sorted = entries.toSorted((a, b) => a.name < b.name ? -1 : 1);
        if (JSON.stringify(again) !== JSON.stringify(sorted)) throw violated("a lock reads as it was written");
        return "ok";
      } catch (cause) {
        return refusal(cause, "SkillsError");
      }
    },
  };
}
