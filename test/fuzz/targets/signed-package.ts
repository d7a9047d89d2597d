import { loadSodium } from "../../../core/mod.ts";
import { signMinisign } from "../../../skills/minisign.ts";
import { claimPackage, reopenPackage, trustPackage, verifySignedPackage } from "../../../skills/open-package.ts";
import { readContent } from "../../../skills/package-content.ts";
import { createSigningKey } from "../../../skills/secret-key.ts";
import { signPackage } from "../../../skills/sign-package.ts";
import { packSkill } from "../../skills/sample-skill.ts";
import { bytesOf, type FuzzTarget, refusal, same, violated } from "../target.ts";

/** A package as somebody hands it over, and packages that their own publisher signed without our tools. */
export async function open(): Promise<FuzzTarget> {
  await loadSodium();
  const key = createSigningKey({ bytes: (count) => new Uint8Array(count).fill(9) });
  const archive = packSkill();
  const signature = bytesOf(signPackage(archive, readContent(archive), key));
  const comment = signPackage(archive, readContent(archive), key).split("\n")[2]?.slice("trusted comment: ".length) ??
    "";
  return {
    samples: [archive],
    words: ["ustar", "SKILL.md", "azs-manifest.json", "version", "az.id", "example-org/pdf-report"],
    check(input) {
      const foreign = opened(input, signature);
      if (foreign === "ok" && !same(input, archive)) throw violated("a changed package was opened");
      // Threat: a publisher who signs an archive that is none: everything behind the signature reads foreign bytes, too.
      return `${foreign}, ${opened(input, bytesOf(signMinisign(input, key, comment)))}`;
    },
  };

  function opened(bytes: Uint8Array, minisig: Uint8Array): string {
    try {
      reopenPackage(trustPackage(verifySignedPackage(claimPackage(bytes, minisig), key.public), "example-org"));
      readContent(bytes);
      return "ok";
    } catch (cause) {
      return refusal(cause, "SkillsError");
    }
  }
}
