import { b2, loadSodium } from "../../../core/mod.ts";
import {
  keyIdText,
  type OpenedPackage,
  PACKAGE_LIMITS,
  permissionLines,
  readSignatureFile,
  SkillsError,
  verifySource,
} from "../../../skills/mod.ts";
import { resolve } from "node:path";
import { inspectComponent } from "../../compose/inspect-component.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { openTrust } from "../trust/open.ts";
import { readPublicKey } from "../trust/read-key.ts";
import { describePackage } from "./describe-package.ts";
import { readNamed } from "./read-package.ts";

/** Runs `skill verify`: the checks of an installation that need no history, and nothing else happens. */
export async function skillVerify(context: CommandContext, input: CommandInput): Promise<void> {
  const named = input.arg(0) ?? "";
  const { bytes } = readNamed(context.cwd, named, PACKAGE_LIMITS.archiveBytes);
  const sig = input.option("sig") ?? `${named}.minisig`;
  const minisig = readSignatureFile({ path: resolve(context.cwd, sig), shown: sig });
  await loadSodium();
  const key = input.option("key") === undefined ? null : readPublicKey(context.cwd, input.option("key") ?? "");
  const { place } = await openTrust(context);
  // A key that is named is vouched for by whoever names it, here and now; it is not pinned by that.
  const { opened } = await verifySource(
    place,
    { archive: bytes, minisig, offered: key === null ? [] : [key] },
    { inspect: inspectComponent, canAsk: key !== null },
  );
  const signer = opened.trusted.signed.key;
  if (key !== null && signer.text !== key.text) {
    throw new SkillsError(
      "KEY_UNTRUSTED",
      `Cannot verify "${named}": it is signed by ${keyIdText(signer.id)}, not by ${keyIdText(key.id)}`,
      { hint: "name the key of its publisher" },
    );
  }
  show(context, opened);
}

/** One line for each permission, as an installation asks for it, with what the author says of its kind. */
function asked({ md, manifest }: OpenedPackage): readonly (readonly [string, string])[] {
  const said = new Set<string>();
  return permissionLines(manifest.permissions).flatMap(({ key, text }): readonly (readonly [string, string])[] => {
    if (key === "runtime" || key === "world" || key === "limits") return [];
    const reason = said.has(key) ? undefined : md.secure?.reasons[key];
    said.add(key);
    return [
      ["asks for", `${key} ${text}`],
      ...reason === undefined ? [] : [["", `the author says: ${reason}`] as const],
    ];
  });
}

function show(context: CommandContext, opened: OpenedPackage): void {
  const { signed } = opened.trusted;
  const facts = describePackage({ ...opened, digest: signed.digest, size: signed.bytes.length });
  const id = keyIdText(signed.key.id);
  if (context.json) {
    context.output.json({ v: 1, ok: true, key: signed.key.text, key_id: id, sig: b2(signed.sigBytes), ...facts });
    return;
  }
  context.output.text(`${facts.id}@${facts.version} is signed by ${id} and whole`);
  context.output.table([
    ["package", facts.package],
    ["permissions", facts.perm],
    ["fingerprint", facts.fingerprint],
    ["runtime", facts.runtime],
    ...asked(opened),
  ]);
}
