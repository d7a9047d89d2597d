import type { Findings } from "./finding.ts";
import { decodeUtf8 } from "./front-matter.ts";
import type { PackageFile } from "./stages.ts";

// Programs by their first bytes, whatever the name says.
const NATIVE: readonly (readonly [what: string, magic: readonly number[]])[] = [
  ["ELF", [0x7f, 0x45, 0x4c, 0x46]],
  ["PE", [0x4d, 0x5a]],
  ["Mach-O", [0xfe, 0xed, 0xfa, 0xce]],
  ["Mach-O", [0xfe, 0xed, 0xfa, 0xcf]],
  ["Mach-O", [0xce, 0xfa, 0xed, 0xfe]],
  ["Mach-O", [0xcf, 0xfa, 0xed, 0xfe]],
  ["Mach-O or Java", [0xca, 0xfe, 0xba, 0xbe]],
  ["Mach-O", [0xbe, 0xba, 0xfe, 0xca]],
  ["Mach-O", [0xca, 0xfe, 0xba, 0xbf]],
  ["Mach-O", [0xbf, 0xba, 0xfe, 0xca]],
];
const WASM: readonly number[] = [0x00, 0x61, 0x73, 0x6d];

// What package managers run by themselves at installation, publication or removal.
const LIFECYCLE: ReadonlySet<string> = new Set(
  ("preinstall install postinstall preuninstall uninstall postuninstall prepublish preprepare prepare postprepare " +
    "prepublishOnly publish postpublish prepack postpack dependencies pnpm:devPreinstall preversion version postversion")
    .split(" "),
);

/**
 * Looks for what no skill may bring: native programs, scripts that an installation would run, components beside the
 * declared one.
 *
 * @param files Every file of the skill.
 * @param wasm Path of the declared component, or `null`.
 * @param findings Gets what is wrong.
 */
export function checkForbidden(files: readonly PackageFile[], wasm: string | null, findings: Findings): void {
  for (const { path, bytes } of files) {
    const native = NATIVE.find(([, magic]) => startsWith(bytes, magic));
    if (native !== undefined) {
      findings.add("NATIVE_BINARY", `it is a native program (${native[0]})`, {
        path,
        hint: "ship a WASM component or a script instead",
      });
    }
    if (path !== wasm && (/\.wasm$/i.test(path) || startsWith(bytes, WASM))) {
      findings.add("WASM_EXTRA", "it is a WASM file that az.wasm does not name", {
        path,
        hint: "a skill has at most one component",
      });
    }
    checkScripts({ path, bytes }, findings);
  }
}

function checkScripts({ path, bytes }: Omit<PackageFile, "exec">, findings: Findings): void {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (name === "binding.gyp") {
    findings.add("INSTALL_SCRIPT", "a package manager would build it at installation", { path, hint: "remove it" });
  }
  if (name !== "package.json") return;
  const scripts = lifecycleScripts(bytes);
  if (scripts === null) {
    findings.add("INSTALL_SCRIPT", "its scripts cannot be read", { path, hint: "write valid JSON, or remove it" });
  } else if (scripts.length > 0) {
    findings.add("INSTALL_SCRIPT", `it has lifecycle scripts: ${scripts.join(" ")}`, { path, hint: "remove them" });
  }
}

function lifecycleScripts(bytes: Uint8Array): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(decodeUtf8(bytes)?.replace(/^\ufeff/, "") ?? "");
    if (typeof value !== "object" || value === null) return [];
    if (!("scripts" in value) || typeof value.scripts !== "object" || value.scripts === null) return [];
    return Object.keys(value.scripts).filter((name) => LIFECYCLE.has(name));
  } catch {
    return null;
  }
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}
