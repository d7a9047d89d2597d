import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { loadSodium, sha256 } from "../../../core/mod.ts";
import { runHere, type Said } from "../../support/command-line.ts";
import { sharedDir, tempDir } from "../../support/temp-dir.ts";
import { keyDigest } from "../../../skills/trust/publishers.ts";
import { makeSigner, type Signer } from "./publisher.ts";

/** A project and a home on one desk, and a publisher whose key lies on it. */
export interface Desk {
  readonly root: string;
  readonly project: string;
  readonly home: string;
  readonly signer: Signer;
  /** Runs one command line. */
  run(...words: readonly string[]): Promise<Said>;
  /** Pins the publisher. */
  trust(): Promise<void>;
  /** Installs a file with whatever digests it names. */
  install(file: string): Promise<Said>;
  /** Adds rules to the project's policy, and trusts it. */
  allow(...rules: readonly string[]): Promise<void>;
  /** Puts everything back as it was when the desk was made: for several cases on one desk. */
  reset(): void;
}

/** Sets up a desk for one test: `init` was run, nobody is trusted. */
export async function makeDesk(signer?: Signer): Promise<Desk> {
  return await setUp(tempDir(), signer);
}

/** The same for all tests of a file: call it from `beforeAll`, and `reset()` before each test. */
export async function makeSharedDesk(signer?: Signer): Promise<Desk> {
  return await setUp(sharedDir(), signer);
}

async function setUp(root: string, signer?: Signer): Promise<Desk> {
  await loadSodium();
  const project = join(root, "project");
  const home = join(root, "home");
  mkdirSync(project);
  const own = signer ?? makeSigner();
  writeFileSync(join(root, "example-org.key.txt"), own.pub);
  async function run(...words: readonly string[]): Promise<Said> {
    return await runHere(words, { project, home });
  }
  async function must(...words: readonly string[]): Promise<Said> {
    const said = await run(...words);
    if (said.exit !== 0) throw new Error(`${words.join(" ")}: ${said.exit} ${said.stdout} ${said.stderr}`);
    return said;
  }
  const kept = join(root, "kept");
  function keep(name: string): void {
    for (const part of ["project", "home"]) copyTree(join(root, part), join(kept, name, part));
  }
  function putBack(name: string): void {
    for (const part of ["project", "home"]) {
      rmSync(join(root, part), { recursive: true });
      copyTree(join(kept, name, part), join(root, part));
    }
  }
  await must("init");
  keep("fresh");
  let fresh = true;
  return {
    root,
    project,
    home,
    signer: own,
    run,
    async trust(): Promise<void> {
      if (fresh && existsSync(join(kept, "trusted"))) return putBack("trusted");
      const digest = keyDigest(own.key.public.text);
      await must("trust", "add", join(root, "example-org.key.txt"), "--as", "example-org", "--confirm", digest);
      if (fresh) keep("trusted");
      fresh = false;
    },
    reset(): void {
      putBack("fresh");
      fresh = true;
    },
    async install(file): Promise<Said> {
      const asked = await run("skill", "install", file, "--json");
      const digests = /--grant b2:\w+(?: --content b2:\w+)?/.exec(asked.stdout)?.[0].split(" ") ?? [];
      return digests.length === 0 ? asked : await run("skill", "install", file, "--json", ...digests);
    },
    async allow(...rules): Promise<void> {
      fresh = false;
      const file = join(project, ".agentzero/policy.yml");
      const text = readFileSync(file, "utf8").replace(
        "\ntests:\n",
        `\n${rules.map((rule) => `  - ${rule}\n`).join("")}tests:\n`,
      );
      writeFileSync(file, text);
      await must("policy", "trust", "--sha256", sha256(text).slice(7));
    },
  };
}

/** Copies a folder with the modes of its folders, which keys insist on. */
function copyTree(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  chmodSync(to, lstatSync(from).mode & 0o777);
  for (const entry of readdirSync(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    chmodSync(join(to, path.slice(from.length)), lstatSync(path).mode & 0o777);
  }
}
