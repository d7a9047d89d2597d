import { readFileSync, writeFileSync } from "node:fs";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { loadSodium, sha256 } from "../../../core/mod.ts";
import { runHere, type Said } from "../../support/command-line.ts";
import { tempDir } from "../../support/temp-dir.ts";
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
}

/** Sets up a desk: `init` was run, nobody is trusted. */
export async function makeDesk(signer?: Signer): Promise<Desk> {
  await loadSodium();
  const root = tempDir();
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
  await must("init");
  return {
    root,
    project,
    home,
    signer: own,
    run,
    async trust(): Promise<void> {
      const digest = keyDigest(own.key.public.text);
      await must("trust", "add", join(root, "example-org.key.txt"), "--as", "example-org", "--confirm", digest);
    },
    async install(file): Promise<Said> {
      const asked = await run("skill", "install", file, "--json");
      const digests = /--grant b2:\w+(?: --content b2:\w+)?/.exec(asked.stdout)?.[0].split(" ") ?? [];
      return digests.length === 0 ? asked : await run("skill", "install", file, "--json", ...digests);
    },
    async allow(...rules): Promise<void> {
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
