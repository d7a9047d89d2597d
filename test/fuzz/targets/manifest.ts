import { loadSodium } from "../../../core/mod.ts";
import { formatManifest, MANIFEST_PATH } from "../../../skills/manifest.ts";
import { parseManifest } from "../../../skills/parse-manifest.ts";
import { unpackArchive } from "../../../skills/unpack-archive.ts";
import { packSkill, skillMd, textFile, textSkill, WASM_BYTES, WASM_KEYS } from "../../skills/sample-skill.ts";
import { type FuzzTarget, refusal, same, violated } from "../target.ts";

/** The manifest of a package. */
export async function open(): Promise<FuzzTarget> {
  await loadSodium();
  const wasm = [
    textFile("SKILL.md", skillMd(WASM_KEYS)),
    { path: "component/skill.wasm", bytes: WASM_BYTES, exec: false },
  ];
  return {
    samples: [textSkill(), wasm].map((files) =>
      unpackArchive(packSkill(files)).find(({ path }) => path === MANIFEST_PATH)?.bytes ?? new Uint8Array()
    ),
    words: ["b2", "exec", "files", "fs.read", "id", "limits", "net", "path", "perm", "previous", "root", "seq", "size"],
    check(input) {
      try {
        if (!same(formatManifest(parseManifest(input)), input)) throw violated("a manifest has one spelling");
        return "ok";
      } catch (cause) {
        return refusal(cause, "SkillsError");
      }
    },
  };
}
