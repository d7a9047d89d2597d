import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createBubblewrap, processLimits } from "../../../sandbox/mod.ts";
import { codeOf, rig, valueOf } from "../rig.ts";
import { argvSpec, IN_OWN_NAMESPACES, nestedRun, runSpec, scriptSpec } from "./run.ts";

describe("createBubblewrap()", () => {
  it("says what is missing and how to install it, and runs nothing", async () => {
    const r = rig();
    const spec = scriptSpec(r, "echo RAN; echo x >made");
    const result = await nestedRun(
      r,
      spec,
      `${IN_OWN_NAMESPACES} 'mount --bind /dev/null /usr/bin/bwrap; exec "$@"' x "$@"`,
    );
    expect(result).toMatchObject({ ok: false, code: "TIER_UNAVAILABLE", text: "" });
    expect(result.reason).toContain("bwrap is not installed");
    expect(result.hint).toMatch(/bubblewrap/);
    expect(existsSync(join(r.project, "made"))).toBe(false);
  });

  it("says what forbids user namespaces, and runs nothing", async () => {
    const r = rig();
    const spec = scriptSpec(r, "echo RAN; echo x >made");
    const result = await nestedRun(
      r,
      spec,
      `${IN_OWN_NAMESPACES} 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"' x "$@"`,
    );
    expect(result).toMatchObject({ ok: false, code: "TIER_UNAVAILABLE", text: "" });
    expect(result.hint).toContain("sysctl -w user.max_user_namespaces");
    expect(existsSync(join(r.project, "made"))).toBe(false);
  });

  it("mounts the project read-only where nothing can be staged, and says so", async () => {
    const r = rig();
    r.put("a", "old");
    const spec = scriptSpec(r, "cat a; echo x >a; echo x >made; id -u");
    // An overlay cannot be the upper layer of another one.
    for (const name of ["up", "work"]) mkdirSync(join(r.root, name));
    const mount =
      `mount -t overlay overlay -o lowerdir=${r.project},upperdir=${r.root}/up,workdir=${r.root}/work,userxattr ${r.project}`;
    const result = await nestedRun(r, spec, `${IN_OWN_NAMESPACES} '${mount}; exec "$@"' x "$@"`);
    expect(result).toMatchObject({ ok: true, staged: false });
    expect(result.text).toContain("old");
    expect(result.text).toContain("Read-only file system");
    expect(result.notes.join()).toContain("staging is not available here");
    expect([readFileSync(join(r.project, "a"), "utf8"), existsSync(join(r.project, "made"))]).toEqual(["old", false]);
  });

  it("is refused on systems without a sandbox", async () => {
    const r = rig();
    for (const platform of ["darwin", "win32"]) {
      const deps = { ...r.deps, facts: { ...r.deps.facts, platform } };
      expect(await createBubblewrap(deps).probe()).toMatchObject({ ok: false, code: "TIER_UNAVAILABLE" });
    }
  });

  it("probes with a real canary and tells what is in force", async () => {
    const r = rig();
    const probe = await createBubblewrap(r.deps).probe();
    expect(probe).toMatchObject({
      ok: true,
      facts: { bubblewrap: expect.stringContaining("/bwrap"), staging: "overlay" },
    });
  });

  it("refuses every permit that does not fit, and nothing happens", async () => {
    const r = rig();
    const backend = createBubblewrap(r.deps);
    const spec = argvSpec(r, ["touch", "made"]);
    const permit = r.permits.mint({
      call: r.call(),
      intent: 1,
      digest: r.digest({ ...spec, cwd: "/" }),
      tier: backend.tier,
    });
    expect(await backend.run(permit, spec, r.io())).toMatchObject({
      ok: false,
      code: "PERMIT_INVALID",
      started: false,
    });
    const read = r.permits.mint({ call: r.call(), intent: 1, digest: r.digest(spec), tier: "host-readonly" });
    expect(codeOf(await backend.run(read, spec, r.io()))).toBe("PERMIT_INVALID");
    expect(readdirSync(r.project)).toEqual([]);
  });

  it.each(
    [
      ["a folder outside the project", { cwd: "/usr" }, "SPEC_INVALID"],
      ["a folder that is not there", { cwd: "nope" }, "NOT_FOUND"],
      ["a mask outside the project", { hidden: { files: ["/etc/passwd"], dirs: [] } }, "SPEC_INVALID"],
      ["a home as a tool chain", { readOnlyPaths: ["/root", "/home"] }, "WORKSPACE_WIDE"],
      ["a deadline out of bounds", { timeoutMs: 1e9 }, "LIMIT_INVALID"],
      ["a variable that is no name", { env: { "A B": "x" } }, "SPEC_INVALID"],
      ["a script with NUL", { form: { kind: "script", script: "a\0b" } }, "SPEC_INVALID"],
      ["a script that is too long", { form: { kind: "script", script: "#".repeat(70_000) } }, "LIMIT_SIZE"],
      ["no words", { form: { kind: "argv", argv: [], program: "/bin/true" } }, "SPEC_INVALID"],
      ["a program without a path", { form: { kind: "argv", argv: ["true"], program: "true" } }, "SPEC_INVALID"],
      ["too many words", { form: { kind: "argv", argv: ["x".repeat(140_000)], program: "/bin/true" } }, "LIMIT_SIZE"],
      ["a limit out of bounds", { limits: { ...processLimits(), processes: 0 } }, "LIMIT_INVALID"],
      ["an identity of two lines", { gitIdentity: { name: "a\nb", email: "x" } }, "SPEC_INVALID"],
    ] as const,
  )("refuses %s", async (_, more, code) => {
    const r = rig();
    const spec = argvSpec(r, ["true"], {
      ...more,
      ...("cwd" in more && more.cwd === "nope" ? { cwd: join(r.project, "nope") } : {}),
    });
    const outcome = await runSpec(r, spec);
    expect(outcome).toMatchObject({ ok: false, code, started: false });
    expect(readdirSync(r.project)).toEqual([]);
  });

  it("shows tool chains of the user read-only, first on PATH", async () => {
    const r = rig();
    const chain = join(r.root, "chain");
    mkdirSync(join(chain, "bin"), { recursive: true });
    r.put("../chain/bin/hello", "#!/bin/sh\necho from the chain\n");
    const spec = scriptSpec(
      r,
      `chmod +x ${chain}/bin/hello 2>&1; sh ${chain}/bin/hello; echo $PATH; (exec 3>>${chain}/bin/hello) 2>&1`,
      { readOnlyPaths: [chain] },
    );
    const text = new TextDecoder().decode(valueOf(await runSpec(r, spec)).output);
    expect(text).toContain("from the chain");
    expect(text).toContain(`${chain}/bin:/usr/local/bin`);
    expect(text.match(/Read-only file system/g)?.length).toBe(2);
  });

  it("puts a command into its control group before it starts", async () => {
    const r = rig();
    // A plain folder stands for the one that a system would have delegated.
    const parent = join(r.root, "cgroup");
    mkdirSync(parent);
    const backend = createBubblewrap(r.deps, { cgroup: parent });
    const limits = processLimits({ memoryBytes: 1_000_000_000, processes: 30 });
    const outcome = await r.run(backend, scriptSpec(r, "echo RAN", { limits }));
    expect(new TextDecoder().decode(valueOf(outcome).output)).toBe("RAN\n");
    const [leaf = ""] = readdirSync(parent);
    const files = ["memory.max", "memory.swap.max", "pids.max", "memory.oom.group"].map((name) =>
      readFileSync(join(parent, leaf, name), "utf8")
    );
    expect(files).toEqual(["1000000000", "0", "32", "1"]);
    expect(Number(readFileSync(join(parent, leaf, "cgroup.procs"), "utf8"))).toBeGreaterThan(1);
  });

  it("does not start a command that cannot be put into its control group", async () => {
    const r = rig();
    const outcome = await r.run(
      createBubblewrap(r.deps, { cgroup: "/proc/self/nowhere" }),
      scriptSpec(r, "echo x >made"),
    );
    expect(outcome.ok).toBe(false);
    expect(existsSync(join(r.project, "made"))).toBe(false);
  });
});
