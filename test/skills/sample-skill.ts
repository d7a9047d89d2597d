import { b2, type Digest } from "../../core/mod.ts";
import { buildManifest, formatManifest, MANIFEST_PATH } from "../../skills/manifest.ts";
import type { ComponentFacts } from "../../skills/component-imports.ts";
import { packArchive } from "../../skills/pack-archive.ts";
import { readSkillMd } from "../../skills/read-skill-md.ts";
import type { PackageFile } from "../../skills/stages.ts";

/** Keys of the header of a signed skill. */
export const SECURE_KEYS: Readonly<Record<string, string>> = {
  version: "1.2.0",
  "az.spec": "1",
  "az.id": "example-org/pdf-report",
};

/** Writes a `SKILL.md` with these keys under `metadata`; `null` leaves one out. */
export function skillMd(
  keys: Readonly<Record<string, string | null>> = {},
  top: Readonly<Record<string, string | null>> = {},
): string {
  const pairs = Object.entries({ ...SECURE_KEYS, ...keys }).filter(([, value]) => value !== null);
  const head = Object.entries({ name: "pdf-report", description: "Makes a report. Use for tables.", ...top })
    .filter(([, value]) => value !== null);
  return [
    "---",
    ...head.map(([key, value]) => `${key}: ${value}`),
    "metadata:",
    ...pairs.map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
    "---",
    "Ask which columns matter.",
    "",
  ].join("\n");
}

/** The example of the format: a component, files, network and a secret. */
export const WASM_KEYS: Readonly<Record<string, string>> = {
  "az.runtime": "wasm-sandbox",
  "az.world": "az:host/tool@0.3.0",
  "az.wasm": "component/skill.wasm",
  "az.perm.fs.read": "workspace:data/**.csv workspace:README.md",
  "az.perm.fs.write": "workspace:out/**",
  "az.perm.net": "GET,POST https://api.example.com:443/repos/**",
  "az.perm.secret": "github/default -> https://api.example.com:443 header:authorization",
  "az.reason.net": "Posts the link as an issue comment.",
  "az.limits": "memory=67108864 wall-ms=5000 output=1048576",
};

/** First bytes of a component. */
export const WASM_BYTES: Uint8Array = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0);

/** A component that imports nothing. */
export function inspectNothing(): ComponentFacts {
  return { imports: [], exports: ["run"] };
}

/** A file of text. */
export function textFile(path: string, text: string): PackageFile {
  return { path, bytes: new TextEncoder().encode(text), exec: false };
}

/** Files of a skill that does nothing but speak. */
export function textSkill(keys: Readonly<Record<string, string | null>> = {}): readonly PackageFile[] {
  return [textFile("SKILL.md", skillMd(keys)), textFile("references/LAYOUT.md", "Wide.\n")];
}

/** Packs files with the manifest that belongs to them. */
export function packSkill(
  files: readonly PackageFile[] = textSkill(),
  release: { readonly seq?: number; readonly previous?: Digest | null } = {},
): Uint8Array {
  const sorted = files.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const text = sorted.find(({ path }) => path === "SKILL.md");
  const md = readSkillMd(text?.bytes ?? "", { profile: "secure" });
  if (md.secure === null) throw new Error("no secure header");
  const { seq = 1_002_000, previous = null } = release;
  const manifest = buildManifest(sorted, md.secure, { seq, previous });
  return packArchive([...sorted, { path: MANIFEST_PATH, bytes: formatManifest(manifest), exec: false }]);
}

/** The digest of some text, where any digest will do. */
export function someDigest(text: string): Digest {
  return b2(text);
}
