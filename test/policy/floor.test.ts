import { describe, expect, it } from "vitest";
import type { AtomicAction } from "../../core/mod.ts";
import { decide } from "../../policy/decide.ts";
import {
  act,
  fetching,
  modelCall,
  pathOf,
  read,
  secretUse,
  shell,
  shortly,
  stateFor,
  untrusted,
  write,
} from "./rig.ts";

const SHOP = "/home/me/shop";
/** A policy that allows everything there is, and accepts taint. */
const ALL = `id: files, effect: allow, capability: [file_read, file_write, acp_context_request, mvm_mount], tainted: any
  id: shell, effect: allow, capability: shell_command, tainted: any
  id: net, effect: allow, capability: network_request, tainted: any
  id: model, effect: allow, capability: model_call
  id: secret, effect: allow, capability: secret_handle_usage, tainted: any
  id: rest, effect: allow, capability: [package_install, package_execution, skill_load, runtime_launch, wasm_host_call], tainted: any`;

describe("the floor", () => {
  it.each<readonly [string, AtomicAction, string]>([
    ["writing its own policy", write(`${SHOP}/.agentzero/policy.yml`), "deny floor.own-state"],
    ["writing it in another case", write(`${SHOP}/.AgentZero/policy.yml`), "deny floor.own-state"],
    ["writing that of a nested project", write(`${SHOP}/sub/.agentzero/policy.yml`), "deny floor.own-state"],
    ["replacing the folder itself", write(`${SHOP}/.agentzero`), "deny floor.own-state"],
    ["a folder that only starts like it", write(`${SHOP}/.agentzero-notes/a`), "allow files"],
    ["reading its own policy", read(`${SHOP}/.agentzero/policy.yml`), "allow files"],
    ["reading the record", read(`${SHOP}/.agentzero/audit/x.jsonl`), "deny floor.own-state"],
    ["reading a transcript", read(`${SHOP}/.agentzero/sessions/x.jsonl`), "deny floor.own-state"],
    ["reading the bundle", read(`${SHOP}/.agentzero/state/active.json`), "deny floor.own-state"],
    ["reading a key of the home", read("/home/me/.agentzero/keys/tag.key"), "deny floor.own-state"],
    [
      "the home as a buffer of an editor",
      act("acp_context_request", pathOf("/home/me/.agentzero/vault")),
      "deny floor.own-state",
    ],
    [
      "through a link",
      act("file_read", pathOf("/home/me/.agentzero/keys/tag.key", { lexical: `${SHOP}/x` })),
      "deny floor.own-state",
    ],
    [
      "by the lexical name alone",
      act("file_write", pathOf("/srv/x", { lexical: `${SHOP}/.agentzero/x` })),
      "deny floor.own-state",
    ],
    ["the policy of the machine", write("/etc/agentzero/policy.yml"), "deny floor.own-state"],
    ["reading that", read("/etc/agentzero/policy.yml"), "allow files"],
    ["/proc", read("/proc/self/environ"), "deny floor.device"],
    ["/dev", write("/dev/sda"), "deny floor.device"],
    ["/sys", read("/sys/kernel"), "deny floor.device"],
    ["a neighbour of /dev", read("/devices/x"), "allow files"],
    ["a FIFO", act("file_read", pathOf(`${SHOP}/pipe`, { file: "special" })), "deny floor.device"],
    [
      "secret data in a request",
      fetching("a.example.com", { classes: ["private", "secret"] }),
      "deny floor.egress-class",
    ],
    [
      "a credential to a remote model",
      modelCall("a.example.com", { classes: ["credential"] }),
      "deny floor.egress-class",
    ],
    [
      "regulated data to a remote model",
      modelCall("a.example.com", { classes: ["regulated"] }),
      "deny floor.egress-class",
    ],
    ["unknown data to a remote model", modelCall("a.example.com", { classes: ["unknown"] }), "deny floor.egress-class"],
    ["regulated data to a local model", modelCall(null, { classes: ["regulated"] }), "allow model"],
    ["regulated data in a request", fetching("a.example.com", { classes: ["regulated"] }), "allow net"],
    ["cloud metadata by name", fetching("metadata.google.internal"), "deny floor.address"],
    ["cloud metadata by address", fetching("169.254.169.254"), "deny floor.address"],
    ["cloud metadata as IPv6", fetching("fd00:ec2::254"), "deny floor.address"],
    ["cloud metadata, mapped", fetching("::ffff:169.254.169.254"), "deny floor.address"],
    ["metadata as a model", modelCall("169.254.169.254"), "deny floor.address"],
    ["loopback without a block", fetching("127.0.0.1"), "deny floor.address"],
    ["a name that resolves to loopback", fetching("localhost", { addresses: ["::1"] }), "deny floor.address"],
    ["a handle among the words", shell(["curl", "-H", "handle://vault/x/key"]), "deny floor.unbound-secret"],
    ["a handle in opaque text", shell("curl $(echo handle://vault/x/key)"), "deny floor.unbound-secret"],
    ["a secret that goes nowhere", secretUse({ host: null }), "deny floor.unbound-secret"],
    ["a secret to a component", secretUse({ host: null, inject: "component:b2:00" }), "allow secret"],
    ["tier deny", read("/a", { tier: "deny" }), "deny floor.tier"],
    [
      "a microVM",
      act("package_execution", { kind: "package", id: "x", version: null, digest: null }, { tier: "mvm-microvm" }),
      "deny floor.tier",
    ],
    ["a command in WASM", shell(["ls"], { tier: "wasm-sandbox" }), "deny floor.tier"],
    ["a command as instructions", shell(["ls"], { tier: "none" }), "deny floor.tier"],
    ["a write while only reading", write("/a", { tier: "host-readonly" }), "deny floor.tier"],
    ["a mount", act("mvm_mount", pathOf(SHOP)), "deny floor.tier"],
    ["an opaque line with secrets", shell("x $(y)", { secrets: true }), "requires_approval floor.opaque-shell"],
    ["an opaque line without", shell("x $(y)"), "allow shell"],
    ["a plain line with secrets", shell(["x"], { secrets: true }), "allow shell"],
  ])("%s", (_, action, expected) => expect(shortly(decide(stateFor(ALL, { ceiling: false }), action))).toBe(expected));

  it("allows its own models without any policy, and nothing else", () => {
    const nothing = stateFor("");
    expect(decide(nothing, modelCall(null, { provider: "builtin" }))).toMatchObject({
      decision: "allow",
      rule: "floor.own-model",
      layer: "floor",
    });
    expect(decide(nothing, modelCall(null, { provider: "script" })).decision).toBe("allow");
    expect(decide(nothing, modelCall(null, { provider: "ollama" })).decision).toBe("deny");
    expect(decide(nothing, modelCall("a.example.com", { provider: "builtin" })).decision).toBe("deny");
    expect(decide(nothing, read("/a")).decision).toBe("deny");
  });

  it("lets rules tighten even that", () => {
    const own = modelCall(null, { provider: "builtin" });
    expect(shortly(decide(stateFor("id: no, effect: deny, capability: model_call"), own))).toBe("deny no");
    expect(shortly(decide(stateFor([untrusted("id: ask, effect: requires_approval, capability: model_call")]), own)))
      .toBe("requires_approval ask");
    const masked = decide(
      stateFor("id: mask, effect: allow_with_redaction, capability: model_call, redact: [secret]"),
      own,
    );
    expect(masked).toMatchObject({ decision: "allow_with_redaction", obligations: { redact: ["secret"] } });
  });

  it("stands above all files in a tie", () => {
    const state = stateFor("id: no, effect: deny, capability: [file_read, file_write]");
    expect(decide(state, write(`${SHOP}/.agentzero/x`))).toMatchObject({ rule: "floor.own-state", layer: "floor" });
  });
});
