import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, test } from "vitest";
import { b2 } from "../../../core/mod.ts";
import { type Desk, makeDesk, makeSharedDesk } from "./desk.ts";
import { commentOf, makeSigner, release, SCRIPT_KEYS, writePackageAs } from "./publisher.ts";
import { filesOf, lastRecord } from "./traces.ts";

/** Arranges a desk and names the command line that must be refused. */
type Arrange = (desk: Desk) => Promise<readonly string[]> | readonly string[];

/** What belongs to the desk; the rest lay there for one case. */
const KEPT: ReadonlySet<string> = new Set(["project", "home", "kept", "example-org.key.txt"]);
const MARKER = "ran-by-itself";
const SCRIPT = { "run.sh": `#!/bin/sh\ntouch ${MARKER}\n` };

async function installed(desk: Desk, version = "1.0.0", given: Parameters<typeof release>[1] = {}): Promise<void> {
  await desk.trust();
  const archive = release(version, given);
  const said = await desk.install(
    writePackageAs(join(desk.root, `${version}.azs`), archive, desk.signer.sign(archive)),
  );
  if (said.exit !== 0) throw new Error(said.stdout);
}

function file(desk: Desk, archive: Uint8Array, minisig: Uint8Array | null = desk.signer.sign(archive)): string {
  return writePackageAs(join(desk.root, "new.azs"), archive, minisig);
}

function edited(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = new TextDecoder().decode(bytes);
  if (!text.includes(from)) throw new Error(`no ${from} in ${text}`);
  return new TextEncoder().encode(text.replace(from, to));
}

const CASES: readonly (readonly [code: string, exit: number, name: string, arrange: Arrange])[] = [
  ["SIG_MISSING", 7, "a package without a signature", async (desk) => {
    await desk.trust();
    return ["skill", "install", file(desk, release("1.0.0"), null)];
  }],
  ["SIG_MALFORMED", 7, "a signature of three lines", async (desk) => {
    await desk.trust();
    const archive = release("1.0.0");
    const text = new TextDecoder().decode(desk.signer.sign(archive)).split("\n").slice(0, 3).join("\n");
    return ["skill", "install", file(desk, archive, new TextEncoder().encode(text))];
  }],
  ["SIG_MALFORMED", 7, "a signature of more than 4 KiB", async (desk) => {
    await desk.trust();
    const archive = release("1.0.0");
    const minisig = desk.signer.sign(archive);
    const room = 4097 - minisig.length;
    return ["skill", "install", file(desk, archive, edited(minisig, "\n", `${"x".repeat(room)}\n`))];
  }],
  ["SIG_ALG", 7, "a signature relabelled as legacy", async (desk) => {
    await desk.trust();
    const archive = release("1.0.0");
    return ["skill", "install", file(desk, archive, edited(desk.signer.sign(archive), "\nRUQ", "\nRWQ"))];
  }],
  ["SIG_INVALID", 7, "a flipped byte", async (desk) => {
    await desk.trust();
    const archive = release("1.0.0");
    const minisig = desk.signer.sign(archive);
    archive[600] = (archive[600] ?? 0) ^ 1;
    return ["skill", "install", file(desk, archive, minisig)];
  }],
  ["SIG_INVALID", 7, "an edited trusted comment", async (desk) => {
    await desk.trust();
    const archive = release("1.0.0");
    return ["skill", "install", file(desk, archive, edited(desk.signer.sign(archive), "v=1.0.0", "v=9.0.0"))];
  }],
  ["SIG_COMMENT", 7, "a signed comment of another form", async (desk) => {
    await desk.trust();
    const archive = release("1.0.0");
    return ["skill", "install", file(desk, archive, desk.signer.sign(archive, "timestamp:1 file:x.azs"))];
  }],
  ["SIG_COMMENT", 7, "a signed comment that names other bytes", async (desk) => {
    await desk.trust();
    const archive = release("1.0.0");
    return [
      "skill",
      "install",
      file(desk, archive, desk.signer.sign(archive, commentOf(release("1.0.0", { files: { a: "b" } })))),
    ];
  }],
  ["ID_MISMATCH", 7, "a genuine signature for another release", async (desk) => {
    await desk.trust();
    const archive = release("1.0.0");
    const comment = commentOf(archive).replace("v=1.0.0", "v=2.0.0");
    return ["skill", "install", file(desk, archive, desk.signer.sign(archive, comment))];
  }],
  ["KEY_UNTRUSTED", 5, "a key that nobody pinned", (desk) => ["skill", "install", file(desk, release("1.0.0"))]],
  ["KEY_UNTRUSTED", 5, "an unknown key that is named, with nobody to compare it", (desk) => [
    "skill",
    "install",
    file(desk, release("1.0.0")),
    "--key",
    join(desk.root, "example-org.key.txt"),
  ]],
  ["KEY_CHANGED", 7, "another key for a pinned namespace", async (desk) => {
    await desk.trust();
    const archive = release("2.0.0");
    return ["skill", "install", file(desk, archive, makeSigner(9).sign(archive))];
  }],
  ["KEY_CHANGED", 7, "another key that came along", async (desk) => {
    await desk.trust();
    const archive = release("2.0.0");
    const other = makeSigner(9);
    writeFileSync(join(desk.root, "new.pub"), other.pub);
    return ["skill", "install", file(desk, archive, other.sign(archive)), "--key", join(desk.root, "new.pub")];
  }],
  ["SIG_INVALID", 7, "another key with the id of the pinned one", async (desk) => {
    await desk.trust();
    const archive = release("2.0.0");
    return ["skill", "install", file(desk, archive, makeSigner(1).sign(archive))];
  }],
  ["NAMESPACE_KEY", 7, "a key that is pinned for another namespace", async (desk) => {
    await desk.trust();
    const archive = release("1.0.0", { keys: { "az.id": "acme/pdf-report" } });
    return ["skill", "install", file(desk, archive)];
  }],
  ["NAMESPACE_KEY", 7, "the reserved namespace", async (desk) => {
    await desk.trust();
    const archive = release("1.0.0", { keys: { "az.id": "agentzero/pdf-report" } });
    return ["skill", "install", file(desk, archive)];
  }],
  ["NAMESPACE_KEY", 7, "the reserved namespace, by a key that nobody knows", async (desk) => {
    await desk.trust();
    const archive = release("1.0.0", { keys: { "az.id": "agentzero/pdf-report" } });
    return ["skill", "install", file(desk, archive, makeSigner(9).sign(archive))];
  }],
  ["REVOKED", 7, "a revoked key", async (desk) => {
    await desk.trust();
    await desk.run("trust", "revoke", desk.signer.key.public.text, "--reason", "stolen");
    return ["skill", "install", file(desk, release("1.0.0"))];
  }],
  ["REVOKED", 7, "a revoked skill", async (desk) => {
    await desk.trust();
    await desk.run("trust", "revoke", "example-org/pdf-report", "--reason", "sends too much");
    return ["skill", "install", file(desk, release("1.0.0"))];
  }],
  ["REVOKED", 7, "a revoked package", async (desk) => {
    await desk.trust();
    await desk.run("trust", "revoke", b2(release("1.0.0")), "--reason", "bad build");
    return ["skill", "install", file(desk, release("1.0.0"))];
  }],
  ["NOT_CANONICAL", 7, "data behind the archive's end", async (desk) => {
    await desk.trust();
    const archive = Uint8Array.from([...release("1.0.0"), ...new Uint8Array(512)]);
    const comment = commentOf(release("1.0.0")).replace(/b2=\w+/, `b2=${b2(archive).slice(3)}`);
    return ["skill", "install", file(desk, archive, desk.signer.sign(archive, comment))];
  }],
  ["SIZE_LIMIT", 7, "a package that is too large", async (desk) => {
    await desk.trust();
    const archive = release("1.0.0");
    const path = file(desk, archive);
    appendFileSync(path, new Uint8Array(67_108_865));
    return ["skill", "install", path];
  }],
  ["ENTRY_TYPE", 7, "a link to a package", async (desk) => {
    await desk.trust();
    symlinkSync(file(desk, release("1.0.0")), join(desk.root, "link.azs"));
    return ["skill", "install", join(desk.root, "link.azs")];
  }],
  ["ENTRY_TYPE", 7, "a link inside a folder", (desk) => {
    const dir = join(desk.root, "notes");
    mkdirSync(dir);
    writeFileSync(join(dir, "SKILL.md"), "---\nname: notes\ndescription: Takes notes.\n---\nHi.\n");
    symlinkSync("/etc/passwd", join(dir, "passwd"));
    return ["skill", "install", dir];
  }],
  ["ROLLBACK", 7, "an older release", async (desk) => {
    await installed(desk, "2.0.0");
    return ["skill", "install", file(desk, release("1.0.0"))];
  }],
  ["ROLLBACK", 7, "an older release, with nobody to type its name", async (desk) => {
    await installed(desk, "2.0.0");
    return ["skill", "install", file(desk, release("1.0.0")), "--allow-downgrade"];
  }],
  ["PERM_WIDENED", 5, "an upgrade that may do more", async (desk) => {
    await installed(desk, "1.0.0", { keys: SCRIPT_KEYS, files: SCRIPT });
    const keys = { ...SCRIPT_KEYS, "az.perm.fs.read": "workspace:data/** workspace:src/**" };
    return ["skill", "install", file(desk, release("1.1.0", { keys, files: SCRIPT }))];
  }],
  ["CONTENT_CHANGED", 5, "an upgrade with other content", async (desk) => {
    await installed(desk, "1.0.0", { keys: SCRIPT_KEYS, files: SCRIPT });
    return [
      "skill",
      "install",
      file(desk, release("1.1.0", { keys: SCRIPT_KEYS, files: { "run.sh": "#!/bin/sh\nid\n" } })),
    ];
  }],
  ["CONTENT_CHANGED", 5, "an upgrade whose content was named wrong", async (desk) => {
    await installed(desk);
    const archive = release("1.1.0", { files: { "a.md": "new" } });
    const perm = "b2:59ecbe2b02c75b9159eabb84988b4142822357730af507e3870562bf8319b29d";
    return ["skill", "install", file(desk, archive), "--grant", perm, "--content", perm];
  }],
  ["APPROVAL_NOBODY", 5, "a first installation with nobody to ask", async (desk) => {
    await desk.trust();
    return ["skill", "install", file(desk, release("1.0.0", { keys: SCRIPT_KEYS, files: SCRIPT }))];
  }],
  ["APPROVAL_NOBODY", 5, "other permissions than were named", async (desk) => {
    await desk.trust();
    const perm = "b2:59ecbe2b02c75b9159eabb84988b4142822357730af507e3870562bf8319b29d";
    return ["skill", "install", file(desk, release("1.0.0", { keys: SCRIPT_KEYS, files: SCRIPT })), "--grant", perm];
  }],
  ["SHADOW", 5, "a name that another installed skill has", async (desk) => {
    await installed(desk);
    const other = makeSigner(7);
    const pub = join(desk.root, "acme.txt");
    writeFileSync(pub, other.pub);
    const asked = await desk.run("trust", "add", pub, "--as", "acme", "--json");
    await desk.run(
      "trust",
      "add",
      pub,
      "--as",
      "acme",
      "--confirm",
      /--confirm (b2:\w+)/.exec(asked.stdout)?.[1] ?? "",
    );
    const archive = release("1.0.0", { keys: { "az.id": "acme/pdf-report" } });
    return ["skill", "install", file(desk, archive, other.sign(archive))];
  }],
  ["POLICY_DENY", 5, "what policy denies", async (desk) => {
    await desk.trust();
    await desk.allow('{ id: no-acme, effect: deny, capability: package_install, packages: ["example-org/*"] }');
    const perm = "b2:59ecbe2b02c75b9159eabb84988b4142822357730af507e3870562bf8319b29d";
    return ["skill", "install", file(desk, release("1.0.0")), "--grant", perm];
  }],
  ["LOCK_INVALID", 7, "a lock with a field nobody knows", async (desk) => {
    await installed(desk);
    const lock = join(desk.project, ".agentzero/skills.lock");
    writeFileSync(lock, readFileSync(lock, "utf8").replace('"v": 1', '"v": 1, "trusted": true'));
    return ["skill", "install", file(desk, release("1.1.0"))];
  }],
  ["LOCK_INVALID", 7, "an empty lock", async (desk) => {
    await desk.trust();
    writeFileSync(join(desk.project, ".agentzero/skills.lock"), "");
    return ["skill", "install", file(desk, release("1.1.0"))];
  }],
  ["LOCK_MISSING", 7, "the removal of what is not installed", () => ["skill", "remove", "pdf-report"]],
  ["TRUST_TAMPERED", 7, "pins that were edited", async (desk) => {
    await desk.trust();
    const path = join(desk.home, "trust/publishers.json");
    writeFileSync(path, readFileSync(path, "utf8").replace("example-org", "example-0rg"));
    return ["skill", "install", file(desk, release("1.0.0"))];
  }],
  ["TRUST_TAMPERED", 7, "pins that are gone", async (desk) => {
    await desk.trust();
    rmSync(join(desk.home, "trust/publishers.json"));
    return ["skill", "install", file(desk, release("1.0.0"))];
  }],
  ["TRUST_TAMPERED", 7, "an older list of revocations put back", async (desk) => {
    await desk.trust();
    await desk.run("trust", "revoke", "example-org/other", "--reason", "one");
    const path = join(desk.home, "trust/revoked.json");
    const before = readFileSync(path);
    await desk.run("trust", "revoke", "example-org/pdf-report", "--reason", "two");
    writeFileSync(path, before);
    return ["skill", "install", file(desk, release("1.0.0"))];
  }],
  ["TRUST_TAMPERED", 7, "the memory of what exists deleted", async (desk) => {
    await desk.trust();
    rmSync(join(desk.home, "keys/trust-files.json"));
    return ["skill", "install", file(desk, release("1.0.0"))];
  }],
  ["TRUST_TAMPERED", 7, "grants that were edited", async (desk) => {
    await installed(desk);
    const path = join(desk.home, "grants/packages.json");
    writeFileSync(path, readFileSync(path, "utf8").replace("pdf-report", "pdf-rep0rt"));
    return ["skill", "install", file(desk, release("1.1.0"))];
  }],
  ["TRUST_TAMPERED", 7, "grants that are gone", async (desk) => {
    await installed(desk);
    rmSync(join(desk.home, "grants/packages.json"));
    return ["skill", "install", file(desk, release("1.1.0"))];
  }],
  ["TRUST_TAMPERED", 7, "pins that others may write", async (desk) => {
    await desk.trust();
    chmodSync(join(desk.home, "trust/publishers.json"), 0o666);
    return ["skill", "install", file(desk, release("1.0.0"))];
  }],
  ["SOURCE_TRANSPORT", 7, "git over ssh", () => ["skill", "install", "git+ssh://git@example.com/x.git"]],
  ["SOURCE_TRANSPORT", 7, "git", () => ["skill", "install", `git+https://example.com/x#${"0".repeat(40)}`]],
  ["SOURCE_UNPINNED", 7, "a branch", () => ["skill", "install", "git+https://example.com/x.git#main"]],
  ["SOURCE_TRANSPORT", 7, "npm", () => ["skill", "install", "npm:pdf-report@1.0.0"]],
  ["SOURCE_TRANSPORT", 7, "a web page", () => ["skill", "install", "https://example.com/x.azs"]],
  ["SOURCE_TRANSPORT", 7, "a bare name", () => ["skill", "install", "pdf-report"]],
  ["SOURCE_TRANSPORT", 7, "a registry with a scheme", () => ["skill", "pull", "oci:http://127.0.0.1:5000/a/b:1"]],
  ["ARGS_INVALID", 2, "a reference that is none", () => ["skill", "pull", "oci:127.0.0.1:5000/UPPER/b:1"]],
  ["POLICY_DEFAULT", 5, "a registry that no rule allows", () => ["skill", "pull", "oci:registry.example.com/a/b:1"]],
  [
    "POLICY_DENY",
    5,
    "a registry on this machine that no rule allows",
    () => ["skill", "pull", "oci:127.0.0.1:9/a/b:1"],
  ],
  ["NOT_FOUND", 4, "a file that is not there", () => ["skill", "install", "./nothing.azs"]],
];

describe("a refused installation", () => {
  let shared: Desk;
  beforeAll(async () => {
    shared = await makeSharedDesk();
  });

  test.for(CASES)(
    "%s, exit %i: %s",
    async ([code, exit, , arrange]) => {
      const desk = shared;
      desk.reset();
      for (const name of readdirSync(desk.root)) {
        if (!KEPT.has(name)) rmSync(join(desk.root, name), { recursive: true });
      }
      const words = await arrange(desk);
      const before = filesOf(desk);
      const said = await desk.run(...words, "--json");
      const { error } = said.json() as { error: { code: string; message: string; hint: string | null } };
      expect([error.code, said.exit]).toEqual([code, exit]);
      // It reads like help: what happened, and what to do.
      expect(error.message).toMatch(/^Cannot /);
      expect(error.hint ?? "").toMatch(/\w/);
      expect([...filesOf(desk)]).toEqual([...before]);
      expect(existsSync(join(desk.project, MARKER)) || existsSync(join(desk.root, MARKER))).toBe(false);
      expect(await lastRecord(desk)).toContain(code);
    },
  );

  it("keeps both signatures of a publisher that said two things", async () => {
    const desk = await makeDesk();
    await installed(desk, "1.0.0");
    const other = release("1.0.0", { files: { "a.md": "other" } });
    const said = await desk.run("skill", "install", file(desk, other), "--json");
    expect(said.json()).toMatchObject({ error: { code: "EQUIVOCATION" } });
    expect(said.exit).toBe(7);
    const seen = readFileSync(join(desk.home, "trust/seen.json"), "utf8");
    expect(seen).toContain(b2(release("1.0.0")));
    expect(seen).toContain(b2(other));
    expect(await lastRecord(desk)).toContain("EQUIVOCATION");
  });

  it("says that nothing can be believed without its keys", async () => {
    const desk = await makeDesk();
    await installed(desk);
    rmSync(join(desk.home, "keys/tag.key"));
    for (const words of [["install", file(desk, release("1.1.0"))], ["list"], ["info", "pdf-report"]]) {
      const said = await desk.run("skill", ...words, "--json");
      expect([said.json(), said.exit]).toMatchObject([{ error: { code: "TRUST_LOCKED" } }, 7]);
    }
  });

  test.for(["--yes", "--skip", "--force"])("knows no %s", async (flag) => {
    const desk = await makeDesk();
    const said = await desk.run("skill", "install", file(desk, release("1.0.0")), flag);
    expect(said.exit).toBe(2);
  });

  it("needs a project", async () => {
    const desk = await makeDesk();
    rmSync(join(desk.project, ".agentzero"), { recursive: true });
    const said = await desk.run("skill", "install", file(desk, release("1.0.0")), "--json");
    expect([said.json(), said.exit]).toMatchObject([{ error: { code: "NO_PROJECT" } }, 4]);
  });
});
