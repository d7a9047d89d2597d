import { spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { createBubblewrap } from "../../../sandbox/mod.ts";
import { codeOf, fakeSecrets, onStop, type Rig, rig, valueOf } from "../rig.ts";
import { argvSpec, keepAll, nestedRun, script, scriptSpec } from "./run.ts";

// Of this process alone: the same tests run beside it, and one of them looks at every process there is.
const CANARY = `canary-7f3a91-${process.pid}`;

// Nothing here may hurt the machine that runs it if a wall is missing: files are opened, not written.
// Runs a text inside and gives what it printed.
async function inside(r: Rig, text: string, more: Parameters<typeof script>[2] = {}): Promise<string> {
  return (await script(r, text, more)).text;
}

describe("what a command sees", () => {
  it("has none of the host's variables, not even in the first process", async () => {
    const r = rig();
    process.env["AZ_TEST_CANARY"] = CANARY;
    onStop(() => void delete process.env["AZ_TEST_CANARY"]);
    const text = await inside(
      r,
      "env; for p in /proc/[0-9]*; do tr '\\0' '\\n' <$p/environ; done; tr '\\0' '\\n' </proc/1/cmdline",
    );
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain("AZ_TEST");
    expect(text).toContain("HOME=/tmp/home");
    expect(text).toContain("LANG=C.UTF-8");
  });

  it("has no home, no host files, no sockets, and no keys of the system", async () => {
    const r = rig();
    writeFileSync(join(r.root, "outside"), CANARY);
    const text = await inside(
      r,
      `cat ${r.root}/outside; ls -A / /root /home /var /run /mnt ${r.root} /etc/ssl/private /etc/shadow ${r.deps.facts.userHome} 2>&1; ls -A /etc/ssl; true`,
    );
    expect(text).not.toContain(CANARY);
    expect(text.split("\n")).not.toContain("outside");
    expect(text.split("\n")).not.toContain("private");
    for (const path of ["/root", "/home", "/run", "/etc/shadow"]) {
      expect(text).toMatch(new RegExp(`'${path}'.*No such file`));
    }
  });

  it("sees no process of the host and no open file of ours", async () => {
    const r = rig();
    writeFileSync(join(r.root, "open"), CANARY);
    const inherited = openSync(join(r.root, "open"), "r");
    const text = await inside(r, "ls /proc | grep -c '^[0-9]'; for f in /proc/self/fd/*; do readlink $f; done");
    expect(Number(text.split("\n")[0])).toBeLessThan(8);
    expect(text).not.toContain("open");
    expect(inherited).toBeGreaterThan(2);
    // Whatever the test runner's own parent left open shows as a dead pipe at most.
    for (const line of text.split("\n").slice(1)) {
      expect(line).toMatch(/^(?:\/dev\/null|pipe:\[\d+\]|socket:\[\d+\]|\/proc\/\d+\/fd|)$/);
    }
  });

  it("gets none of the pipes that the sandbox is steered with", async () => {
    expect(await inside(rig(), "for n in 3 4 5 6 7 8 9; do [ -e /proc/self/fd/$n ] && echo open $n; done; echo done"))
      .toBe("done\n");
  });

  it("gets no descriptor that we were given without close-on-exec", async () => {
    const r = rig();
    const secret = join(r.root, "inherited");
    writeFileSync(secret, CANARY);
    const text =
      "for f in /proc/self/fd/[3-9]* /proc/self/fd/[12][0-9]*; do cat $f 2>/dev/null </dev/null; done; for n in 7 23 60; do cat <&$n; done 2>/dev/null; echo inside";
    const result = await nestedRun(r, scriptSpec(r, text), `exec 7<${secret} 23<${secret} 60<${secret}; exec "$@"`);
    expect(result).toMatchObject({ ok: true, text: "inside\n" });
  });

  it("knows nobody but itself and root", async () => {
    const text = await inside(rig(), "id -u; id -g; cat /etc/passwd; hostname");
    expect(text.split("\n").slice(0, 2)).toEqual(["1000", "1000"]);
    expect(text.split("\n").filter((line) => line.includes(":")).length).toBe(3);
    expect(text).toContain("agentzero");
  });

  it("shows of .agentzero only what anybody may know, read-only", async () => {
    const r = rig();
    for (
      const path of [
        "policy.yml",
        "config.yml",
        "skills.lock",
        "skills/a/v1/t.js",
        "audit/ses.jsonl",
        "sessions/ses.jsonl",
        "state/x",
      ]
    ) {
      r.put(`.agentzero/${path}`, CANARY);
    }
    symlinkSync("/etc/hosts", join(r.project, ".agentzero/link"));
    const text = await inside(
      r,
      "cd .agentzero; find . | sort; for f in policy.yml new skills/new; do echo x >>$f && echo wrote $f; done 2>/dev/null; rm -rf skills 2>/dev/null; true",
    );
    expect(text.trim().split("\n")).toEqual([
      ".",
      "./config.yml",
      "./policy.yml",
      "./skills",
      "./skills.lock",
      "./skills/a",
      "./skills/a/v1",
      "./skills/a/v1/t.js",
    ]);
    expect(readFileSync(join(r.project, ".agentzero/policy.yml"), "utf8")).toBe(CANARY);
    expect(existsSync(join(r.project, ".agentzero/skills/a/v1/t.js"))).toBe(true);
  });

  it("shows of .agentzero nothing that a link leads to, and cannot make it writable", async () => {
    const r = rig();
    mkdirSync(join(r.root, "elsewhere"));
    writeFileSync(join(r.root, "elsewhere/key"), CANARY);
    r.put(".agentzero/policy.yml", "fine");
    symlinkSync(join(r.root, "elsewhere"), join(r.project, ".agentzero/skills"));
    symlinkSync(join(r.root, "elsewhere/key"), join(r.project, ".agentzero/config.yml"));
    const text = await inside(
      r,
      "cd .agentzero; cat config.yml skills/key 2>&1; chmod 755 . 2>/dev/null; (exec 3>new) 2>/dev/null && echo MADE; rm -f policy.yml 2>/dev/null; cat policy.yml",
    );
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain("MADE");
    expect(text).toMatch(/fine$/);
  });

  it("shows of /usr/local only what programs need", async () => {
    const shown = new Set(["bin", "lib", "lib64", "libexec", "include", "share", "go"]);
    const others = readdirSync("/usr/local").filter((name) => !shown.has(name));
    const text = await inside(
      rig(),
      `cd /usr/local; for d in ${
        others.join(" ")
      } .; do [ -d $d ] && [ $d != . ] && find -L $d -mindepth 1 | head -1; done; true`,
    );
    // A link into what is shown anyway, like `man`, is no way around.
    const links = others.filter((name) => lstatSync(`/usr/local/${name}`).isSymbolicLink());
    expect(text.split("\n").filter((line) => line !== "" && !links.some((name) => line.startsWith(`${name}/`))))
      .toEqual([]);
  });

  it("shares no memory segments with programs outside", async () => {
    const key = 0x61000000 + (process.pid & 0xffff);
    const made = spawnSync("perl", ["-e", `print defined shmget(${key}, 64, 01600) ? "made" : "no"`], {
      encoding: "utf8",
    });
    onStop(() => void spawnSync("perl", ["-e", `my $id = shmget(${key}, 64, 0); shmctl($id, 0, 0) if defined $id`]));
    expect(made.stdout).toBe("made");
    const text = await inside(
      rig(),
      `perl -e 'print defined shmget(${key}, 64, 0) ? "SEEN" : "none"'; cat /proc/sysvipc/shm | wc -l`,
    );
    expect(text).toBe("none1\n");
  });

  it("does not see hidden files and folders, under no name", async () => {
    const r = rig();
    const files = [r.put(".env", CANARY), r.put("src/.env", CANARY)];
    r.put("private/key", CANARY);
    const text = await inside(
      r,
      "cat .env src/.env private/key 2>&1; ls -A private; grep -r canary . ; cp .env copy; ln .env hard; mv .env moved; mv src/.env .; mv private p2; cat copy hard moved; true",
      {
        hidden: { files, dirs: [join(r.project, "private")] },
      },
    );
    expect(text).not.toContain(CANARY);
  });

  it("cannot reach another mount of the project through /proc", async () => {
    const r = rig();
    const hidden = r.put(".env", CANARY);
    const text = await inside(
      r,
      `cat /proc/1/root${hidden} /proc/*/cwd/.env ${r.project}/.agentzero/state/stage/*/m/.env /proc/1/root/etc/shadow 2>&1; true`,
      { hidden: { files: [hidden], dirs: [] } },
    );
    expect(text).not.toContain(CANARY);
  });
});

describe("what a command cannot do", () => {
  it.each([
    ["become root", "su -c id; sudo id; id -u", /^uid=0|^0$/m],
    [
      "make a user namespace",
      "unshare --user true 2>&1 && echo MADE; unshare --user --map-root-user id -u 2>&1 && echo MADE",
      /MADE/,
    ],
    ["make a mount namespace", "unshare --mount true 2>&1 && echo MADE", /MADE/],
    [
      "mount",
      "mkdir -p /tmp/m; mount -t tmpfs none /tmp/m 2>&1 && echo MADE; mount --bind /usr /tmp/m 2>&1 && echo MADE",
      /MADE/,
    ],
    ["unmount a mask", "umount .agentzero 2>&1 && echo MADE", /MADE/],
    ["start another sandbox", "bwrap --ro-bind / / id 2>&1 && echo MADE", /MADE/],
    ["make a device", "mknod dev b 8 0 2>&1 && echo MADE; mknod /tmp/dev c 1 3 2>&1 && echo MADE", /MADE/],
    [
      "change system files",
      "(exec 3>>/usr/bin/env) 2>/dev/null && echo MADE; mkdir /usr/az-new 2>/dev/null && echo MADE; for f in /etc/az-new /az-new /dev/az-new /usr/local/az-new; do (exec 3>$f) 2>/dev/null && echo MADE; done",
      /MADE/,
    ],
    [
      "change the kernel's settings",
      "for f in /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /proc/sysrq-trigger /proc/sys/kernel/hostname; do (exec 3>>$f) 2>/dev/null && echo MADE; done",
      /MADE/,
    ],
    [
      "change its own limits",
      "ulimit -c unlimited 2>/dev/null && echo MADE; ulimit -n 100000 2>/dev/null && echo MADE; ulimit -d unlimited 2>/dev/null && echo MADE",
      /MADE/,
    ],
    [
      "see or signal the agent",
      `kill -0 ${process.pid} 2>&1 && echo MADE; ls /proc/${process.pid}/cwd/ 2>&1 && echo MADE`,
      /MADE/,
    ],
    [
      "write its identity maps",
      "for f in uid_map gid_map setgroups; do (echo '0 1000 1' >/proc/self/$f) 2>/dev/null && echo MADE; done",
      /MADE/,
    ],
    [
      "reach the terminal",
      "(exec 3<>/dev/tty) 2>/dev/null && echo MADE; ls /dev/pts | grep -v ptmx && echo MADE",
      /MADE/,
    ],
  ])("%s", async (_, text, forbidden) => {
    expect(await inside(rig(), `${text}; true`)).not.toMatch(forbidden);
  });

  it("make a namespace where no filter of system calls helps", async () => {
    const r = rig();
    const text =
      "unshare --user true 2>&1 && echo MADE; unshare --user --map-root-user --mount true 2>&1 && echo MADE; true";
    const backend = createBubblewrap(r.deps, { seccomp: "off" });
    expect(await inside(r, text, { backend })).not.toContain("MADE");
  });

  it("reads nothing of the kernel's secrets, also when we are root", async () => {
    const text = await inside(
      rig(),
      "for f in kcore kmsg keys timer_list slabinfo vmallocinfo; do (head -c 10 /proc/$f | wc -c) 2>/dev/null; done; cut -c1-16 /proc/kallsyms | sort -u | head -c 100",
    );
    expect(text.replaceAll(/\s/g, "")).toMatch(/^0*$/);
  });

  it("type into the terminal we were started from", async () => {
    // Without a session of its own a command could push keys with TIOCSTI into our controlling terminal.
    const text = await inside(rig(), "ps -o sid=,pid= -p $$ 2>/dev/null; cut -d' ' -f6,7 /proc/self/stat");
    const [session, terminal] = (text.trim().split("\n").at(-1) ?? "").split(" ");
    expect([session, terminal]).toEqual(["1", "0"]);
  });
});

describe("the network", () => {
  it("is not there: no listener, name, metadata address or abstract socket can be reached", async () => {
    const r = rig();
    let connections = 0;
    const tcp = createServer(() => connections++).listen(0, "127.0.0.1");
    const abstract = createServer(() => connections++).listen(`\0az-test-${process.pid}`);
    onStop(() => {
      tcp.close();
      abstract.close();
    });
    await new Promise((resolve) => tcp.once("listening", resolve));
    const address = tcp.address();
    const port = typeof address === "object" ? address?.port : 0;
    const text = await inside(
      r,
      `
      for a in 127.0.0.1/${port} 169.254.169.254/80 1.1.1.1/53 localhost/${port}; do (exec 3<>/dev/tcp/$a) 2>/dev/null && echo MADE; (echo x >/dev/udp/$a) 2>/dev/null; done
      perl -MSocket -e 'socket(S,AF_UNIX,SOCK_STREAM,0); print "MADE\\n" if connect(S, pack_sockaddr_un("\\0az-test-${process.pid}"))' 2>&1
      cat /proc/net/route | wc -l; ls /sys 2>&1; getent hosts example.com; true`,
    );
    expect(text).not.toContain("MADE");
    expect(connections).toBe(0);
  });

  it("still has loopback for what runs inside", async () => {
    const text = await inside(
      rig(),
      `
      perl -MIO::Socket::INET -e '
        my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die "listen: $!";
        if (!fork) { IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $s->sockport)->print("hello\\n"); exit }
        print $s->accept->getline'`,
    );
    expect(text).toBe("hello\n");
  });

  it("refuses hosts while there is no proxy", async () => {
    const r = rig();
    const outcome = await r.run(createBubblewrap(r.deps), scriptSpec(r, "true", { hosts: ["example.com:443"] }));
    expect(outcome).toMatchObject({ ok: false, code: "TIER_UNAVAILABLE", started: false });
  });
});

describe("secrets", () => {
  it("reach the command and nothing else", async () => {
    const r = rig();
    let [host, output] = ["", ""];
    // It sleeps longer until it is seen: a busy machine looks late.
    for (let pause = 0.3; pause < 30 && !host.includes("printf %s"); pause *= 4) {
      const text =
        `printf %s "$TOKEN" | wc -c; echo ready; sleep ${pause}; cat /proc/1/cmdline /proc/1/environ /proc/1/mountinfo | tr "\\0" "\\n"`;
      const spec = argvSpec(r, ["sh", "-c", text], { secrets: { TOKEN: "handle://vault/test/token" } });
      host = "";
      const value = valueOf(
        await r.run(createBubblewrap(r.deps), spec, {
          secrets: fakeSecrets({ "handle://vault/test/token": CANARY }),
          onOutput: () => void (host ||= hostProcesses()),
        }),
      );
      output = new TextDecoder().decode(value.output);
    }
    expect(output).toMatch(new RegExp(`^${CANARY.length}\nready\n`));
    expect(output).not.toContain(CANARY);
    expect(host).toContain("printf %s");
    // The command itself has it in its environment; the first process inside, and all outside, do not.
    expect(host.split("\n").filter((line) => line.includes(CANARY) && !line.includes("TOKEN="))).toEqual([]);
    expect(host).not.toContain(`--setenv\0TOKEN`);
  });

  it("may hold what options of the sandbox look like, and not NUL", async () => {
    const r = rig();
    const evil = "--bind / /\n--share-net";
    const spec = argvSpec(r, ["sh", "-c", 'printf %s "$TOKEN"'], { secrets: { TOKEN: "h" } });
    const value = valueOf(await r.run(createBubblewrap(r.deps), spec, { secrets: fakeSecrets({ h: evil }) }));
    expect(new TextDecoder().decode(value.output)).toBe(evil);
    const refused = await r.run(createBubblewrap(r.deps), spec, { secrets: fakeSecrets({ h: "a\0--share-net" }) });
    expect(codeOf(refused)).toBe("SECRET_PLACE");
  });

  it("may not steer how programs are found or loaded", async () => {
    const r = rig();
    for (const name of ["PATH", "LD_PRELOAD", "BASH_ENV", "GIT_CONFIG_COUNT", "a b", ""]) {
      const outcome = await r.run(createBubblewrap(r.deps), argvSpec(r, ["true"], { secrets: { [name]: "h" } }), {
        secrets: fakeSecrets({ h: "x" }),
      });
      expect([name, codeOf(outcome)]).toEqual([name, "SPEC_INVALID"]);
    }
  });

  it("does not start a command whose secret cannot be had", async () => {
    const r = rig();
    const outcome = await r.run(createBubblewrap(r.deps), argvSpec(r, ["touch", "ran"], { secrets: { TOKEN: "h" } }));
    expect(outcome).toMatchObject({ ok: false, started: false });
    expect(existsSync(join(r.project, "ran"))).toBe(false);
  });
});

describe("the project", () => {
  it("does not change while a command runs, nor afterwards unless changes are kept", async () => {
    const r = rig();
    const path = r.put("a.txt", "old");
    const { value } = await script(
      r,
      "echo new >a.txt; cat a.txt; mkdir -p .git/hooks; echo evil >.git/hooks/post-checkout",
    );
    expect(new TextDecoder().decode(value.output)).toBe("new\n");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(existsSync(join(r.project, ".git"))).toBe(false);
    await value.stage?.discard();
    expect(readFileSync(path, "utf8")).toBe("old");
  });

  it("is read-only where nothing is staged, and says what to do", async () => {
    const r = rig();
    r.put("a.txt", "old");
    const { text, value } = await script(r, "echo new >a.txt; cat a.txt", { stage: false });
    expect(text).toContain("Read-only file system");
    expect(text).toContain("old");
    expect(value).toMatchObject({ stage: null, changes: [], exit: 0 });
    expect(value.notes.join()).toContain("write and edit");
  });

  it("is refused when it is wide", async () => {
    const r = rig();
    const backend = createBubblewrap(r.deps);
    for (const project of ["/", "/tmp", "/usr", r.deps.facts.userHome, r.root]) {
      const outcome = await r.run(backend, argvSpec(r, ["true"], { project, cwd: project }));
      expect([project, codeOf(outcome)]).toEqual([project, "WORKSPACE_WIDE"]);
    }
  });

  it("is refused when it became a link", async () => {
    const r = rig();
    mkdirSync(join(r.root, "elsewhere"));
    symlinkSync(join(r.root, "elsewhere"), join(r.root, "link"));
    const project = join(r.root, "link");
    expect(codeOf(await r.run(createBubblewrap(r.deps), argvSpec(r, ["true"], { project, cwd: project })))).toBe(
      "PATH_CHANGED",
    );
  });

  it("may have a name that mount options would misread", async () => {
    const r = rig();
    const project = join(r.root, "a,b:c\\d \"e' $(f)\n=ü");
    mkdirSync(project);
    const spec = scriptSpec({ ...r, project }, "pwd; echo x >made");
    const value = valueOf(await r.run(createBubblewrap(r.deps), spec));
    expect(new TextDecoder().decode(value.output)).toBe(`${project}\n`);
    expect(await keepAll({ ...r, project }, value)).toMatchObject({
      kept: [{ path: join(project, "made") }],
      failed: [],
    });
  });
});

// Everything that another process of this machine could read about the running ones.
function hostProcesses(): string {
  const texts: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
    for (const name of ["cmdline", "environ"]) {
      try {
        texts.push(readFileSync(`/proc/${pid}/${name}`, "latin1"));
      } catch {
        // It ended, or is not ours.
      }
    }
  }
  return texts.join("\n");
}
