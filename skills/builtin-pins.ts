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
    description: "Looks through this project for credentials, personal data, text addressed to agents, scripts that run by themselves and exposed key files, and writes security-audit.md. Use to get to know a repository.",
    file: "repo-security-audit-1.0.0.azs",
    digest: "b2:6794ae79f1c76851bbd4319b21bfca8b5702059e934bd218c0c344656af05cc0",
    perm: "b2:89a8d04b4ddaa64e9197b0e83fc1f86ce921f7a3fade1c870e3368fb3d796046",
    fingerprint: "b2:6efac82bd06cefd6b9e78260eaf4bc65fed5dc8bb38ebec72ec1d2e952fb1dc4",
  },
  {
    name: "license-check",
    version: "1.0.0",
    runtime: "wasm-sandbox",
    description: "Names the licence of every dependency of this project and compares it with what is allowed. Use before a release, or when a dependency is added.",
    file: "license-check-1.0.0.azs",
    digest: "b2:4cef339d255093e429f52a662a217e2d494cf0c8d8ab824ae9344d0babd9dff3",
    perm: "b2:26152dca35aaab12f201f2c5506c29254c4e75bc6585730bb7f903df5199c085",
    fingerprint: "b2:fc7df4859d90d7ecac0469e5e89c2882d5a1aaabaf0f384e00ce3c499b15f3a6",
  },
  {
    name: "dependency-audit",
    version: "1.0.0",
    runtime: "wasm-sandbox",
    description: "Compares lock files with dated advisories and an optional OSV file; names packages without integrity, unpinned or plain-http sources and install scripts. Use after dependencies changed.",
    file: "dependency-audit-1.0.0.azs",
    digest: "b2:c7dbddcaeb34f701c1dc8a9fe971d3ff7ae69093c2d048b66ec0df11a0cfcae7",
    perm: "b2:9bb6ae303e559ef3f241417aab898a6a3d329520757038a2d6c7543a04649e9f",
    fingerprint: "b2:f959e0fc3155c86aa9bf5de824cff85a268242f8b06d1b51e0a11ad371745c36",
  },
];
