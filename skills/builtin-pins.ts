import type { SkillRuntime } from "./skill-md.ts";

/** A package that is part of this build. */
export interface BuiltinPin {
  /** What it is called by. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** What runs it. */
  readonly runtime: SkillRuntime;
  /** What it does and when to use it. */
  readonly description: string;
  /** The file beside this module, in `builtin/`. */
  readonly file: string;
  /** Digest of the package. */
  readonly digest: string;
  /** Digest of its permissions. */
  readonly perm: string;
  /** What it will do. */
  readonly fingerprint: string;
}

/** Written by `npm run build:skills`. */
export const BUILTIN_PINS: readonly BuiltinPin[] = [
  {
    name: "repo-security-audit",
    version: "1.0.0",
    runtime: "host-readonly",
    description:
      "Looks through this project for credentials, personal data, text addressed to agents, scripts that run by themselves and exposed key files, and writes security-audit.md. Use to get to know a repository.",
    file: "repo-security-audit-1.0.0.azs",
    digest: "b2:6794ae79f1c76851bbd4319b21bfca8b5702059e934bd218c0c344656af05cc0",
    perm: "b2:89a8d04b4ddaa64e9197b0e83fc1f86ce921f7a3fade1c870e3368fb3d796046",
    fingerprint: "b2:6efac82bd06cefd6b9e78260eaf4bc65fed5dc8bb38ebec72ec1d2e952fb1dc4",
  },
  {
    name: "license-check",
    version: "1.0.0",
    runtime: "wasm-sandbox",
    description:
      "Names the licence of every dependency of this project and compares it with what is allowed. Use before a release, or when a dependency is added.",
    file: "license-check-1.0.0.azs",
    digest: "b2:8ff3b0c8169418bbe6f0dbcaba82d30fc5a1f831f5e5308774860d6b569fe93e",
    perm: "b2:616340739920cae45f0d62ab67724a62c111aa3480b2d28acb0ce42ba61f4b3c",
    fingerprint: "b2:c25e96bdd42b3a66bf54bfbc63a82dac6703ad3d5c214d0ba7f1ba73edb08421",
  },
  {
    name: "dependency-audit",
    version: "1.0.0",
    runtime: "wasm-sandbox",
    description:
      "Compares lock files with dated advisories and an optional OSV file; names packages without integrity, unpinned or plain-http sources and install scripts. Use after dependencies changed.",
    file: "dependency-audit-1.0.0.azs",
    digest: "b2:6627d6ea5fd19698573d83fa766f7727343b6990510d7f82fe95ac6718c5e675",
    perm: "b2:9bb6ae303e559ef3f241417aab898a6a3d329520757038a2d6c7543a04649e9f",
    fingerprint: "b2:ba6f089de7628017598eb2c87163e2dfee1c5d7e2417c332b9e5bd2463a17804",
  },
];
