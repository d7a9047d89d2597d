import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../cli/system/clock.ts";
import { systemRandom } from "../cli/system/random.ts";
import { loadSodium, openKeys } from "../core/mod.ts";
import { openPolicy, type PolicyEngine } from "../policy/mod.ts";
import {
  answerByDigests,
  buildManifest,
  commitInstall,
  createSigningKey,
  formatLock,
  formatManifest,
  type LockEntry,
  lockPath,
  MANIFEST_PATH,
  openSkills,
  openStore,
  packArchive,
  pinKey,
  planInstall,
  readContent,
  readLock,
  readSkillMd,
  type SigningKey,
  signPackage,
  type SkillsOptions,
} from "../skills/mod.ts";
import { inFolder } from "./support/in-folder.ts";
import { median, type Row, rowWithin } from "./support/row.ts";

const FILES = 50;
const ROUNDS = 9;
const SKILLS = 500;
const INSTALL_MS = 150;
const LIST_MS = 100;

interface Bench {
  readonly options: SkillsOptions & { readonly project: string };
  readonly key: SigningKey;
  readonly policy: PolicyEngine;
}

/**
 * Measures an installation from bytes to lock without its question, and the list of many.
 *
 * @returns Rows for both.
 */
export async function measure(): Promise<readonly Row[]> {
  await loadSodium();
  return inFolder(async (root) => {
    const bench = await prepare(root);
    const installs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      installs.push(await install(bench, `many-files-${round}`, FILES));
    }
    await installMany(bench);
    const library = openSkills(bench.options);
    const lists = Array.from({ length: ROUNDS }, () => {
      const start = performance.now();
      if (library.list().filter(({ state }) => state === "ready").length < SKILLS) throw new Error("not all are ready");
      return performance.now() - start;
    });
    bench.policy.close();
    return [
      rowWithin(`skill install, ${FILES} files`, median(installs), { unit: "ms", limit: INSTALL_MS }),
      rowWithin(`skill list, ${SKILLS} installed`, median(lists), { unit: "ms", limit: LIST_MS }),
    ];
  });
}

async function prepare(root: string): Promise<Bench> {
  const [project, home] = [join(root, "project"), join(root, "home")];
  const keys = await openKeys({ home, random: systemRandom });
  mkdirSync(join(project, ".agentzero"), { recursive: true });
  const policy = await openPolicy({
    project,
    home,
    userHome: root,
    tmp: tmpdir(),
    systemFile: join(root, "none.yml"),
    mode: "ask",
    clock: systemClock,
    random: systemRandom,
    keys,
  });
  const key = createSigningKey({ bytes: (count) => new Uint8Array(randomBytes(count)) });
  const options = { home, keys, clock: systemClock, project, policy, reserved: [], others: [] };
  pinKey(options, { namespace: "example-org", key: key.public });
  return { options, key, policy };
}

function inspect(): never {
  throw new Error("there is no component");
}

/** Puts many into the store, the grants and the lock at once: what is measured is reading them. */
async function installMany({ options, key, policy }: Bench): Promise<void> {
  const entries: LockEntry[] = [...readLock(options.project) ?? []];
  const blobs: Uint8Array[] = [];
  for (let at = 0; at < SKILLS - ROUNDS; at++) {
    const archive = packageOf(`small-${at}`, 1);
    const minisig = new TextEncoder().encode(signPackage(archive, readContent(archive), key));
    const bundle = { kind: "signed", archive, minisig, offered: [], source: `./small-${at}.azs` } as const;
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const plan = await planInstall(options, bundle, { inspect, canAsk: false, allowDowngrade: false });
    blobs.push(archive, minisig, plan.text);
    entries.push(plan.entry);
    const { skill } = plan.action;
    if (skill === null) throw new Error("no skill");
    // oxlint-disable-next-line no-await-in-loop -- one file holds them all
    await policy.grantPackage({ skill, tainted: false, scope: "package", by: "flag" });
  }
  openStore(options.home).put(blobs);
  writeFileSync(lockPath(options.project), formatLock(entries));
}

async function install({ options, key }: Bench, name: string, files: number): Promise<number> {
  const archive = packageOf(name, files);
  const minisig = new TextEncoder().encode(signPackage(archive, readContent(archive), key));
  const start = performance.now();
  const bundle = { kind: "signed", archive, minisig, offered: [], source: `./${name}.azs` } as const;
  const plan = await planInstall(options, bundle, { inspect, canAsk: false, allowDowngrade: false });
  const permissions = answerByDigests(plan, { grant: plan.entry.perm, content: null });
  await commitInstall(options, plan, { permissions, by: "flag" });
  return performance.now() - start;
}

function packageOf(name: string, count: number): Uint8Array {
  const text = new TextEncoder().encode(`---
name: ${name}
description: Reads tables. Use for tabular data.
metadata:
  version: "1.0.0"
  az.spec: "1"
  az.id: "example-org/${name}"
---
Ask which columns matter.
`);
  const files = [
    { path: "SKILL.md", bytes: text, exec: false },
    ...Array.from({ length: count - 1 }, (_, at) => ({
      path: `references/${String(at).padStart(3, "0")}.md`,
      bytes: new Uint8Array(randomBytes(4096)),
      exec: false,
    })),
  ];
  const md = readSkillMd(text, { profile: "secure" });
  if (md.secure === null) throw new Error("no secure header");
  const manifest = buildManifest(files, md.secure, { seq: 1_000_000, previous: null });
  return packArchive([...files, { path: MANIFEST_PATH, bytes: formatManifest(manifest), exec: false }]);
}
