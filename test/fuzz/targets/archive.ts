import { isPackagePath } from "../../../skills/package-path.ts";
import { packArchive } from "../../../skills/pack-archive.ts";
import { unpackArchive } from "../../../skills/unpack-archive.ts";
import { packSkill, textFile } from "../../skills/sample-skill.ts";
import { loadSodium } from "../../../core/mod.ts";
import { bytesOf, type FuzzTarget, refusal, same, violated } from "../target.ts";

/** `.azs` archives. The sums of headers are made right half of the time, since nothing passes with a wrong one. */
export async function open(): Promise<FuzzTarget> {
  await loadSodium();
  return {
    samples: [
      packSkill(),
      packArchive([textFile("a", "x"), { path: "b/c", bytes: new Uint8Array(600), exec: true }]),
      packArchive([]),
    ],
    words: ["ustar", "0000644", "0000755", "../x", "/etc/passwd", "SKILL.md", "azs-manifest.json", "00000000001"],
    check(input) {
      return `${unpack(input)}, ${unpack(summed(input))}`;
    },
  };
}

function unpack(input: Uint8Array): string {
  try {
    const files = unpackArchive(input);
    // One archive for one set of files.
    if (!same(packArchive(files), input)) throw violated("packing what was unpacked gives the archive again");
    const odd = files.find(({ path }) => !isPackagePath(path));
    if (odd !== undefined) throw violated(`the path ${JSON.stringify(odd.path)} was let in`);
    return "ok";
  } catch (cause) {
    return refusal(cause, "SkillsError");
  }
}

function summed(input: Uint8Array): Uint8Array {
  const archive = input.slice();
  for (let at = 0; at + 512 <= archive.length; at += 512) {
    const block = archive.subarray(at, at + 512);
    if (!Buffer.from(block.subarray(257, 262)).equals(bytesOf("ustar"))) continue;
    block.fill(32, 148, 156);
    const sum = block.reduce((all, byte) => all + byte, 0);
    block.set(bytesOf(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  }
  return archive;
}
