import { describe, expect, it } from "vitest";
import { lintPolicy } from "../../policy/lint.ts";
import { DEFAULT_POLICY, PRIVATE_POLICY } from "../../policy/templates.ts";
import { documentOf } from "./policy-text.ts";

/** `CODE rule` of every finding but those about missing tests. */
function lint(rules: string, grants = true): readonly string[] {
  return lintPolicy(documentOf(rules), { grants }).filter(({ code }) => code !== "AZP012")
    .map(({ code, rule }) => `${code} ${rule}`);
}

const DENY_KEYS = "id: keys, effect: deny, capability: file_read, paths: ['**/*.pem'], reason: keys";
const SHELL = "id: shell, effect: allow, capability: shell_command, cwd: ['${project}/**']";

describe("lintPolicy()", () => {
  it.for(
    [
      ["001: an allow inside a deny", [
        DENY_KEYS,
        "id: a, effect: allow, capability: file_read, paths: ['${project}/certs/*.pem']",
      ], ["AZP001 a"]],
      ["001: an allow inside an ask", [
        "id: ask, effect: requires_approval, capability: [file_write, file_read]",
        "id: a, effect: allow, capability: file_write, paths: ['${project}/a']",
      ], ["AZP001 a"]],
      ["001: not where they only overlap", [
        DENY_KEYS,
        "id: a, effect: allow, capability: file_read, paths: ['${project}/**']",
      ], []],
      ["001: not where the deny has an exception for it", [
        "id: keys, effect: deny, capability: file_read, paths: ['**/.env.*'], except: { paths: ['**/.env.example'] }, reason: x",
        "id: a, effect: allow, capability: file_read, paths: ['${project}/.env.example']",
      ], []],
      ["001: words inside words", [
        "id: push, effect: requires_approval, capability: shell_command, argv: [[git, push, '...']]",
        "id: a, effect: allow, capability: shell_command, argv: [[git, push, origin]]",
      ], ["AZP001 a"]],
      ["001: not for lines that no words can match", [
        "id: push, effect: deny, capability: shell_command, argv: [['*', '...']], reason: x",
        "id: a, effect: allow, capability: shell_command",
      ], []],
      ["001: classes, with unknown in every deny", [
        "id: d, effect: deny, capability: file_read, classification: [pii], reason: x",
        "id: a, effect: allow, capability: file_read, classification: [pii, unknown]",
      ], ["AZP001 a"]],
      ["002: a duplicate, told of the later one", [
        "id: a, effect: allow, capability: file_read, paths: ['${project}/**']",
        "id: b, effect: allow, capability: file_read, paths: ['${project}/**']",
      ], ["AZP002 b"]],
      ["002: covered by a wider one, wherever it stands", [
        "id: a, effect: allow, capability: file_read, paths: ['${project}/src/**']",
        "id: b, effect: allow, capability: file_read, paths: ['${project}/**']",
      ], ["AZP002 a"]],
      ["002: not with more to mask", [
        "id: a, effect: allow_with_redaction, capability: file_read, redact: [pii], paths: ['${project}/a']",
        "id: b, effect: allow_with_redaction, capability: file_read, redact: [secret], paths: ['${project}/**']",
      ], []],
      ["002: not with a narrower answer", [
        "id: a, effect: requires_approval, capability: file_write, paths: ['${project}/a'], approval: { max_scope: once }",
        "id: b, effect: requires_approval, capability: file_write, paths: ['${project}/**']",
      ], []],
      ["002: not when it alone accepts taint", [
        "id: a, effect: allow, capability: shell_command, tainted: any, argv: [[ls]]",
        "id: b, effect: allow, capability: shell_command, argv: [[[ls, cat]]]",
      ], []],
      ["003: any path", ["id: a, effect: allow, capability: file_write"], ["AZP003 a"]],
      ["003: everything", ["id: a, effect: allow, capability: file_write, paths: ['**']"], ["AZP003 a"]],
      ["003: the root", ["id: a, effect: allow, capability: [file_read, file_write], paths: ['/**']"], ["AZP003 a"]],
      ["003: the home", ["id: a, effect: allow, capability: file_write, paths: ['${project}/x', '${home}/**']"], [
        "AZP003 a",
      ]],
      ["003: not the project, not an ask", [
        "id: a, effect: allow, capability: file_write, paths: ['${project}/**']",
        "id: b, effect: requires_approval, capability: file_write, paths: ['/srv/**']",
      ], []],
      ["004: any program", ["id: a, effect: allow, capability: shell_command, argv: [['*', '...']]"], ["AZP004 a"]],
      ["004: a shell", ["id: a, effect: allow, capability: shell_command, argv: [[bash, build.sh]]"], ["AZP004 a"]],
      ["004: a wrapper", ["id: a, effect: allow, capability: shell_command, argv: [[[ls, xargs], '...']]"], [
        "AZP004 a",
      ]],
      ["004: an interpreter with any script", [
        "id: a, effect: allow, capability: shell_command, argv: [[python3, '...']]",
      ], ["AZP004 a"]],
      ["004: an interpreter with any script by wildcard", [
        "id: a, effect: allow, capability: shell_command, argv: [[node, '*']]",
      ], ["AZP004 a"]],
      ["004: not a script by name or a module", [
        "id: a, effect: allow, capability: shell_command, argv: [[node, scripts/build.js, '...'], [python3, -m, pytest, '...'], [deno, test, '...']]",
      ], []],
      ["005: a deny that masks do not know", [
        "id: d, effect: deny, capability: file_read, paths: ['**/x'], tainted: true, reason: x",
        SHELL,
      ], ["AZP005 d"]],
      ["005: not without commands", [
        "id: d, effect: deny, capability: file_read, paths: ['**/x'], tainted: true, reason: x",
      ], []],
      ["005: not a deny by path alone", [DENY_KEYS, SHELL], []],
      ["006: secrets anywhere", [
        "id: s, effect: allow, capability: secret_handle_usage, secrets: ['handle://vault/*']",
      ], ["AZP006 s"]],
      ["006: an ask as well", ["id: s, effect: requires_approval, capability: secret_handle_usage"], ["AZP006 s"]],
      ["006: not with a host or a program", [
        "id: s, effect: allow, capability: secret_handle_usage, hosts: [api.example.com]",
        "id: t, effect: allow, capability: secret_handle_usage, commands: [/usr/bin/gh]",
      ], []],
      ["007: requests that accept taint", [
        "id: n, effect: allow, capability: network_request, hosts: [a.example.com], tainted: any",
      ], ["AZP007 n"]],
      ["007: secrets that accept taint", [
        "id: n, effect: allow, capability: secret_handle_usage, hosts: [a.example.com], tainted: true",
      ], ["AZP007 n"]],
      ["008: a wildcard above two labels", [
        "id: n, effect: allow, capability: network_request, hosts: [docs.example.com, '*.github.io']",
      ], ["AZP008 n"]],
      ["008: not above three, not in a deny", [
        "id: n, effect: allow, capability: network_request, hosts: ['*.docs.example.com']",
        "id: d, effect: deny, capability: network_request, hosts: ['**.example.org'], reason: x",
      ], []],
      [
        "009: everything to a remote model",
        ["id: m, effect: allow, capability: model_call, hosts: [api.example.com]"],
        ["AZP009 m"],
      ],
      ["009: private data", [
        "id: m, effect: allow_with_redaction, capability: model_call, remote: true, redact: [pii], classification: [public, private]",
      ], ["AZP009 m"]],
      ["009: not public data, not local models", [
        "id: m, effect: allow, capability: model_call, remote: true, classification: [public, internal]",
        "id: l, effect: allow, capability: model_call, remote: false",
      ], []],
      ["010: an answer for the project", [
        "id: c, effect: requires_approval, capability: shell_command, approval: { max_scope: project }",
      ], ["AZP010 c"]],
      ["010: an answer for a pattern", [
        "id: c, effect: requires_approval, capability: shell_command, argv: [[git, '...']], approval: { shape: pattern }",
      ], ["AZP010 c"]],
      ["010: not for a session", [
        "id: c, effect: requires_approval, capability: shell_command, approval: { max_scope: session }",
      ], []],
      ["011: a deny without reason", ["id: d, effect: deny, capability: mvm_mount"], ["AZP011 d"]],
      ["013: a place that the floor keeps", [
        "id: a, effect: allow, capability: file_write, paths: ['${project}/.agentzero/**']",
      ], ["AZP013 a"]],
      ["013: a device", ["id: a, effect: allow, capability: file_read, paths: [/dev/**]"], ["AZP013 a"]],
      ["013: a tier that cannot do it", ["id: a, effect: allow, capability: shell_command, tier: [wasm-sandbox]"], [
        "AZP013 a",
      ]],
      ["013: a tier that does not exist yet", ["id: a, effect: allow, capability: mvm_mount"], ["AZP013 a"]],
      ["013: secrets in a request", [
        "id: a, effect: allow, capability: network_request, hosts: [a.example.com], classification: [secret]",
      ], ["AZP013 a"]],
      ["013: a program by path", ["id: a, effect: allow, capability: shell_command, argv: [[./build.sh]]"], [
        "AZP013 a",
      ]],
      ["013: a builtin", ["id: a, effect: allow, capability: shell_command, argv: [[cd, '*']]"], ["AZP013 a"]],
      ["013: not a list that waits to be filled", ["id: a, effect: allow, capability: network_request, hosts: []"], []],
      ["014: an exception as wide as its rule", [
        "id: d, effect: deny, capability: file_read, paths: ['${project}/a/**'], except: { paths: ['${project}/**'] }, reason: x",
      ], ["AZP014 d"]],
      ["014: not a narrower one", [
        "id: d, effect: deny, capability: file_read, paths: ['${project}/a/**'], except: { paths: ['${project}/a/b'] }, reason: x",
      ], []],
      ["014: not one with a further condition", [
        "id: d, effect: deny, capability: file_write, paths: ['**/a'], except: { paths: ['**'], staged: true }, reason: x",
      ], []],
    ] as const,
  )("AZP%s", ([, rules, expected]) => {
    expect(lint(rules.join("\n"))).toEqual(expected);
  });

  it("AZP013: every allow of a file that does not grant", () => {
    const rules = `${DENY_KEYS}\nid: a, effect: allow, capability: file_read, paths: ['\${project}/**']`;
    expect(lint(rules, false)).toEqual(["AZP013 a"]);
    expect(lint(rules)).toEqual([]);
  });

  it("AZP012: rules that neither a test nor an example reaches", () => {
    const document = documentOf(`version: 2
rules:
  - { id: read, effect: allow, capability: file_read, paths: ["\${project}/**"] }
  - { id: keys, effect: deny, capability: file_read, paths: ["**/*.pem"], reason: keys }
  - { id: shell, effect: allow, capability: shell_command, examples: { match: [ls] } }
  - { id: write, effect: requires_approval, capability: file_write }
tests:
  - { request: { capability: file_read, path: "\${project}/a.pem" }, expect: deny }
`);
    const found = lintPolicy(document, { grants: true });
    expect(found).toEqual([{
      code: "AZP012",
      level: "warning",
      rule: "write",
      line: 6,
      message: "no test and no example reaches it",
      fix: "add a line to `tests`, or `examples: { match: [ … ] }`",
    }]);
  });

  it("finds nothing in what init writes but rules without tests", () => {
    for (const text of [DEFAULT_POLICY, PRIVATE_POLICY]) {
      const found = lintPolicy(documentOf(text), { grants: true });
      expect(found.filter(({ code }) => code !== "AZP012")).toEqual([]);
    }
  });

  it("is done in time with a long policy", () => {
    const rules = Array.from(
      { length: 600 },
      (_, at) =>
        `id: r${at}, effect: ${
          at % 3 === 0 ? "deny" : "allow"
        }, capability: [file_read], paths: ['\${project}/d${at}/**', '**/x${at}*'], reason: x`,
    );
    const start = performance.now();
    expect(lint(rules.join("\n"))).toEqual([]);
    expect(performance.now() - start).toBeLessThan(60_000);
  });
});
