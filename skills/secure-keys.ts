import type { Findings } from "./finding.ts";
import { SKILL_MD } from "./front-matter.ts";
import { isSkillName, isSkillVersion, parseSkillId, RESERVED_NAMESPACE } from "./names.ts";
import { packagePathFault } from "./package-path.ts";
import type { PermissionField } from "./permission-source.ts";
import { permDigest, tryCompile } from "./permissions.ts";
import type { MetadataValue } from "./secure-header.ts";
import type { PermissionKey, SecureHeader, SkillRuntime } from "./skill-md.ts";
import { showText } from "./visible-text.ts";

const PERMISSION_KEYS: readonly PermissionKey[] = ["fs.read", "fs.write", "net", "secret", "exec"];
const RUNTIMES: readonly SkillRuntime[] = ["none", "wasm-sandbox", "host-supervised", "mvm-microvm", "host-readonly"];
const KNOWN: ReadonlySet<string> = new Set([
  "az.spec",
  "az.id",
  "az.runtime",
  "az.world",
  "az.wasm",
  "az.limits",
  ...PERMISSION_KEYS.map((key) => `az.perm.${key}`),
  ...PERMISSION_KEYS.map((key) => `az.reason.${key}`),
]);
const MAX_REASON = 200;

/** What the keys are judged by. */
export interface SecureKeysRules {
  /** The key `name` at the top. */
  readonly name: string;
  /** `true` for a generated tool: no component of its own. */
  readonly generated: boolean;
  /** Line of the key `metadata`. */
  readonly line: number;
  /** Gets what is wrong. */
  readonly findings: Findings;
}

/**
 * Reads the keys under `metadata` that only a signed skill has.
 *
 * @param metadata The flat pairs.
 * @param rules What they are judged by.
 * @returns The keys compiled, or `null` when something was found.
 */
export function readSecureKeys(
  metadata: ReadonlyMap<string, MetadataValue>,
  rules: SecureKeysRules,
): SecureHeader | null {
  const before = rules.findings.count;
  const reader = new KeysReader(metadata, rules);
  reader.refuseUnknown();
  const version = reader.version();
  reader.spec();
  const id = reader.id();
  const runtime = reader.runtime(id.namespace);
  const wasm = reader.component(runtime);
  const compiled = reader.permissions(runtime);
  const reasons = reader.reasons();
  if (rules.findings.count > before) return null;
  const { permissions } = compiled;
  return {
    id: `${id.namespace}/${id.name}`,
    namespace: id.namespace,
    version,
    runtime,
    world: permissions.world,
    wasm,
    entry: permissions.exec.find((atom) => atom.startsWith("skill:"))?.slice("skill:".length) ?? null,
    permissions,
    perm: permDigest(permissions),
    reasons,
  };
}

class KeysReader {
  readonly #metadata: ReadonlyMap<string, MetadataValue>;
  readonly #rules: SecureKeysRules;

  constructor(metadata: ReadonlyMap<string, MetadataValue>, rules: SecureKeysRules) {
    this.#metadata = metadata;
    this.#rules = rules;
  }

  refuseUnknown(): void {
    for (const [key, { line }] of this.#metadata) {
      if (!key.toLowerCase().startsWith("az.") || KNOWN.has(key)) continue;
      this.#add("SPEC_UNKNOWN", `the key "${showText(key)}" is unknown`, {
        line,
        hint: `known are ${[...KNOWN].join(" ")}`,
      });
    }
  }

  version(): string {
    const found = this.#required("version", 'add version: "1.0.0"');
    if (found === null || isSkillVersion(found.text)) return found?.text ?? "";
    this.#add("FRONTMATTER", `"${showText(found.text)}" is no version`, {
      line: found.line,
      hint: 'e.g. "1.2.0" or "1.2.0-rc.1"',
    });
    return "";
  }

  spec(): void {
    const found = this.#required("az.spec", 'add az.spec: "1"');
    if (found === null || found.text === "1") return;
    this.#add("SPEC_UNKNOWN", `az.spec "${showText(found.text)}" is unknown`, { line: found.line, hint: 'write "1"' });
  }

  id(): { readonly namespace: string; readonly name: string } {
    const found = this.#required("az.id", 'add az.id: "NAMESPACE/NAME"');
    const id = found === null ? null : parseSkillId(found.text);
    if (found !== null && id === null) {
      this.#add("NAME", `"${showText(found.text)}" is no id`, {
        line: found.line,
        hint: "NAMESPACE/NAME of a-z 0-9 and single - inside; a namespace has at most 40 characters",
      });
    } else if (id !== null && id.name !== this.#rules.name && isSkillName(this.#rules.name)) {
      this.#add(
        "ID_MISMATCH",
        `the id "${found?.text ?? ""}" does not end in the name "${showText(this.#rules.name)}"`,
        {
          line: found?.line,
          hint: `write NAMESPACE/${this.#rules.name}`,
        },
      );
    }
    return id ?? { namespace: "", name: "" };
  }

  runtime(namespace: string): SkillRuntime {
    const found = this.#metadata.get("az.runtime");
    if (found === undefined) return "none";
    const runtime = RUNTIMES.find((known) => known === found.text);
    // Core code behind a skill: nobody else's text may stand in front of it.
    if (runtime !== undefined && (runtime !== "host-readonly" || namespace === RESERVED_NAMESPACE)) return runtime;
    this.#add("SPEC_UNKNOWN", `the runtime "${showText(found.text)}" is unknown`, {
      line: found.line,
      hint: "runtimes are none wasm-sandbox host-supervised mvm-microvm",
    });
    return "none";
  }

  /** The path of the component; world and component both, or neither. */
  component(runtime: SkillRuntime): string | null {
    const wasm = this.#given("az.wasm");
    const world = this.#given("az.world");
    if (runtime !== "wasm-sandbox") {
      for (const [key, found] of [["az.wasm", wasm], ["az.world", world]] as const) {
        if (found === null) continue;
        this.#add("FRONTMATTER", `${key} stands beside the runtime ${runtime}`, {
          line: found.line,
          hint: `remove it, or write az.runtime: "wasm-sandbox"`,
        });
      }
      return null;
    }
    if (world === null) this.#required("az.world", 'add az.world: "az:host/tool@0.3.0"');
    if (this.#rules.generated) {
      if (wasm !== null) {
        this.#add("FRONTMATTER", "az.wasm stands in a generated tool", { line: wasm.line, hint: "remove it" });
      }
      return null;
    }
    if (wasm === null) return this.#required("az.wasm", "add az.wasm: the path of the component")?.text ?? null;
    const fault = packagePathFault(wasm.text);
    if (fault !== null) {
      this.#add("PATH_UNSAFE", `az.wasm "${showText(wasm.text)}": ${fault}`, {
        line: wasm.line,
        hint: "e.g. component/skill.wasm",
      });
    }
    return wasm.text;
  }

  permissions(runtime: SkillRuntime): ReturnType<typeof tryCompile> {
    const compiled = tryCompile({
      runtime,
      world: runtime === "wasm-sandbox" ? this.#text("az.world") : undefined,
      "fs.read": this.#text("az.perm.fs.read"),
      "fs.write": this.#text("az.perm.fs.write"),
      net: this.#text("az.perm.net"),
      secret: this.#text("az.perm.secret"),
      exec: this.#text("az.perm.exec"),
      limits: this.#text("az.limits"),
    });
    for (const { field, code, message, hint } of compiled.problems) {
      const key = field === "world" || field === "limits" ? `az.${field}` : `az.perm.${field}`;
      this.#add(code, `${key}: ${message}`, { line: this.#metadata.get(key)?.line, hint });
    }
    return compiled;
  }

  reasons(): SecureHeader["reasons"] {
    const reasons: Partial<Record<PermissionKey, string>> = {};
    for (const key of PERMISSION_KEYS) {
      const found = this.#metadata.get(`az.reason.${key}`);
      if (found === undefined) continue;
      const line = found.line;
      if (this.#given(`az.perm.${key}`) === null) {
        this.#add("PERM_INVALID", `az.reason.${key} stands without az.perm.${key}`, { line, hint: "remove it" });
      } else if (found.text.includes("\n") || found.text.includes("\t") || found.text.trim() === "") {
        this.#add("PERM_INVALID", `az.reason.${key} is not one line`, { line, hint: "write one line" });
      } else if (Array.from(found.text).length > MAX_REASON) {
        this.#add("PERM_INVALID", `az.reason.${key} is longer than ${MAX_REASON} characters`, {
          line,
          hint: "shorten it",
        });
      } else reasons[key] = found.text;
    }
    return reasons;
  }

  /** A value that is neither absent nor `none`. */
  #given(key: string): MetadataValue | null {
    const found = this.#metadata.get(key);
    return found === undefined || found.text === "none" ? null : found;
  }

  #text(key: `az.${"world" | "limits" | `perm.${PermissionField}`}`): string | undefined {
    return this.#metadata.get(key)?.text;
  }

  #required(key: string, hint: string): MetadataValue | null {
    const found = this.#metadata.get(key);
    if (found !== undefined && found.text !== "") return found;
    this.#add("FRONTMATTER", `the key ${key} is missing under metadata`, {
      line: found?.line ?? this.#rules.line,
      hint,
    });
    return null;
  }

  #add(
    code: Parameters<Findings["add"]>[0],
    message: string,
    place: { readonly line: number | undefined; readonly hint: string },
  ): void {
    this.#rules.findings.add(code, message, { path: SKILL_MD, ...place });
  }
}
