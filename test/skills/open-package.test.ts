import { beforeAll, describe, expect, it } from "vitest";
import { loadSodium } from "../../core/mod.ts";
import { SkillsError } from "../../skills/errors.ts";
import {
  claimPackage,
  openPackage,
  reopenPackage,
  trustPackage,
  verifySignedPackage,
} from "../../skills/open-package.ts";
import { commentOf, makeSigner, release, type Signer } from "./install/publisher.ts";
import { inspectNothing, packSkill, skillMd, textFile, WASM_BYTES, WASM_KEYS } from "./sample-skill.ts";

beforeAll(async () => void await loadSodium());

function open(signer: Signer, archive: Uint8Array, minisig: Uint8Array): string {
  try {
    return reopenPackage(
      trustPackage(verifySignedPackage(claimPackage(archive, minisig), signer.key.public), "example-org"),
    )
      .fingerprint;
  } catch (cause) {
    if (cause instanceof SkillsError) return cause.code;
    throw cause;
  }
}

describe("openPackage()", () => {
  it("opens what was signed, step by step", async () => {
    const signer = makeSigner();
    const archive = release("1.0.0", { files: { "references/A.md": "a\n" } });
    const signed = verifySignedPackage(claimPackage(archive, signer.sign(archive)), signer.key.public);
    expect(signed.comment).toMatchObject({ id: "example-org/pdf-report", version: "1.0.0", seq: 1_000_000 });
    const opened = await openPackage(trustPackage(signed, "example-org"), inspectNothing);
    expect(opened.stage.name).toBe("opened");
    expect(opened.files.map(({ path }) => path)).toEqual(["SKILL.md", "references/A.md"]);
    expect(opened.textDigest).toBe(opened.manifest.files[0]?.b2);
  });

  it("refuses every flipped bit of the archive with SIG_INVALID, before it reads any of it", () => {
    const signer = makeSigner();
    const archive = release("1.0.0");
    const minisig = signer.sign(archive);
    const step = Number(process.env["AZ_SCALE"] ?? "0") > 1 ? 1 : 7;
    for (let at = 0; at < archive.length; at += step) {
      const mutated = archive.slice();
      mutated[at] = (mutated[at] ?? 0) ^ (1 << at % 8);
      expect(open(signer, mutated, minisig)).toBe("SIG_INVALID");
    }
    for (const other of [archive.subarray(0, -512), new Uint8Array(), Uint8Array.from([...archive, 0])]) {
      expect(open(signer, other, minisig)).toBe("SIG_INVALID");
    }
  });

  it("takes no genuine signature for another name, release, number, content or permissions", () => {
    const signer = makeSigner();
    const archive = release("1.0.0");
    const comment = commentOf(archive);
    const wide = commentOf(packSkill([textFile("SKILL.md", skillMd({ "az.perm.fs.read": "workspace:**" }))]));
    const perm = / perm=.*$/.exec(wide)?.[0] ?? "";
    for (
      const [text, code] of [
        [comment.replace("id=example-org/pdf-report", "id=example-org/other"), "ID_MISMATCH"],
        [comment.replace("v=1.0.0", "v=1.0.1"), "ID_MISMATCH"],
        [comment.replace("seq=1000000", "seq=1000001"), "ID_MISMATCH"],
        [commentOf(release("1.0.1")), "SIG_COMMENT"],
        [comment.replace(/ perm=.*$/, perm), "SIG_COMMENT"],
        ["timestamp:1700000000 file:x.azs", "SIG_COMMENT"],
        ["", "SIG_COMMENT"],
      ] as const
    ) expect(open(signer, archive, signer.sign(archive, text))).toBe(code);
  });

  it("decides by the whole key, not by its id", () => {
    const archive = release("1.0.0");
    const [one, same, other] = [makeSigner(1), makeSigner(1), makeSigner(2)];
    expect(open(one, archive, same.sign(archive))).toBe("SIG_INVALID");
    expect(open(one, archive, other.sign(archive))).toBe("KEY_UNTRUSTED");
  });

  it("looks into the component only when it is opened whole", async () => {
    const signer = makeSigner();
    const archive = packSkill([
      textFile("SKILL.md", skillMd(WASM_KEYS)),
      { path: "component/skill.wasm", bytes: WASM_BYTES, exec: false },
    ]);
    const signed = verifySignedPackage(claimPackage(archive, signer.sign(archive)), signer.key.public);
    const trusted = trustPackage(signed, "example-org");
    expect(reopenPackage(trusted).component?.bytes).toEqual(WASM_BYTES);
    await expect(openPackage(trusted, () => ({ imports: ["az:host/tools@0.3.0"], exports: ["run"] })))
      .rejects.toMatchObject({ code: "WASM_IMPORTS" });
  });

  it("refuses 64 MiB and more before it hashes them", () => {
    expect(() => claimPackage(new Uint8Array(67_108_865), new Uint8Array())).toThrow(
      expect.objectContaining({ code: "SIZE_LIMIT" }),
    );
  });
});
