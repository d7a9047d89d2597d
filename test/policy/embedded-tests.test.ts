import { describe, expect, it } from "vitest";
import { checkEmbedded } from "../../policy/embedded-tests.ts";
import { loadDocument } from "../../policy/load-document.ts";
import { DEFAULT_POLICY, PRIVATE_POLICY } from "../../policy/templates.ts";
import { documentOf } from "./policy-text.ts";
import { HOME, ROOTS } from "./rig.ts";

const PLACE = { layer: "project", roots: ROOTS, homes: [HOME] } as const;

/** Messages of what does not hold in a policy of rules and tests. */
function failures(rules: string, tests = ""): readonly string[] {
  const text = `version: 2\nrules:\n${rules}${tests === "" ? "" : `tests:\n${tests}`}`;
  return checkEmbedded(documentOf(text), PLACE).map((problem) => problem.message);
}

const READ = '  - { id: read, effect: allow, capability: file_read, paths: ["${project}/**"] }\n';

describe("checkEmbedded()", () => {
  it.each([["default", DEFAULT_POLICY], ["private", PRIVATE_POLICY]])(
    "holds for the %s template, on any machine",
    (_, text) => {
      expect(loadDocument(text, PLACE).problems).toEqual([]);
      const elsewhere = { ...ROOTS, project: "/srv/build", home: "/var/empty" };
      expect(loadDocument(text, { ...PLACE, roots: elsewhere }).problems).toEqual([]);
      expect(loadDocument(text, { ...PLACE, roots: { ...ROOTS, project: null } }).problems).toEqual([]);
    },
  );

  it("says what a test expected and what it got, and where", () => {
    const text =
      `version: 2\nrules:\n${READ}tests:\n  - { request: { capability: file_read, path: "\${project}/a" }, expect: deny, rule: null }\n`;
    expect(checkEmbedded(documentOf(text), PLACE)).toEqual([{
      code: "POLICY_TEST",
      level: "error",
      line: 5,
      col: 5,
      message: 'a test expects deny by no rule, but gets allow by "read"',
      hint: null,
    }]);
  });

  it("checks the decision alone when a test names no rule", () => {
    expect(failures(READ, '  - { request: { capability: file_read, path: "${project}/a" }, expect: allow }\n')).toEqual(
      [],
    );
    expect(failures(READ, "  - { request: { capability: file_read, path: /etc/x }, expect: allow }\n")).toHaveLength(1);
  });

  it("runs against the file alone as granting, with the floor, and never looks at a disk", () => {
    expect(
      failures(
        READ,
        "  - { request: { capability: file_read, path: /proc/self/environ }, expect: deny, rule: floor.device }\n",
      ),
    )
      .toEqual([]);
    expect(
      failures(READ, '  - { request: { capability: file_read, path: "${project}/no/such/file" }, expect: allow }\n'),
    ).toEqual([]);
  });

  it("reads every key of a request", () => {
    const rules = `
  - { id: run, effect: allow, capability: shell_command, argv: [[npm, test], [git, status]], cwd: ["\${project}/**"], tier: [host-supervised] }
  - { id: ask, effect: requires_approval, capability: shell_command, argv: [[npm, publish, "..."]], tainted: true }
  - { id: net, effect: allow, capability: network_request, hosts: [a.example.com], ports: [443, 8443], methods: [GET, POST] }
  - { id: lan, effect: allow, capability: network_request, cidr: [10.0.0.0/8] }
  - { id: model, effect: allow, capability: model_call, remote: true, hosts: [api.example.com], providers: [acme], models: [small] }
  - { id: key, effect: allow, capability: secret_handle_usage, secrets: ["handle://vault/x/key"], hosts: [api.example.com], inject: [bearer] }
  - { id: env, effect: allow, capability: secret_handle_usage, secrets: ["handle://vault/x/key"], commands: [/usr/bin/gh], inject: ["env:GH"] }
  - { id: pkg, effect: allow, capability: package_install, packages: ["npm:*"] }
  - { id: tool, effect: allow, capability: package_execution, packages: ["generated:*"], skill: { trust: [generated] }, tainted: any }
  - { id: skill, effect: allow, capability: skill_load, skill: { trust: [signed] } }
  - { id: fs, effect: allow, capability: wasm_host_call, imports: ["az:host/*"] }
  - { id: staged, effect: allow, capability: file_write, staged: true, paths: ["/tmp/**"] }
  - { id: open, effect: allow, capability: acp_context_request, classification: [public] }
`;
    const tests = `
  - { request: { capability: shell_command, command: "npm test && git status" }, expect: allow, rule: run }
  - { request: { capability: shell_command, argv: [npm, test] }, expect: allow, rule: run }
  - { request: { capability: shell_command, command: npm test, cwd: /tmp }, expect: deny }
  - { request: { capability: shell_command, command: npm test $(x) }, expect: deny }
  - { request: { capability: shell_command, command: npm publish, tainted: true }, expect: requires_approval }
  - { request: { capability: network_request, url: "https://a.example.com/x" }, expect: allow }
  - { request: { capability: network_request, host: a.example.com, port: 8443, method: POST }, expect: allow }
  - { request: { capability: network_request, host: a.example.com, address: 10.0.0.1 }, expect: allow }
  - { request: { capability: network_request, host: a.example.com, address: [127.0.0.1] }, expect: deny, rule: floor.address }
  - { request: { capability: model_call, host: api.example.com, provider: acme, model: small }, expect: allow }
  - { request: { capability: model_call, host: 127.0.0.1, provider: acme, model: small }, expect: deny }
  - { request: { capability: model_call, provider: builtin }, expect: allow, rule: floor.own-model }
  - { request: { capability: secret_handle_usage, secret: x/key, host: api.example.com }, expect: allow, rule: key }
  - { request: { capability: secret_handle_usage, secret: x/key, program: /usr/bin/gh, inject: "env:GH" }, expect: allow, rule: env }
  - { request: { capability: package_install, package: "npm:left-pad@1.0.0" }, expect: allow }
  - { request: { capability: package_execution, package: "generated:words", tainted: true }, expect: allow, rule: tool }
  - { request: { capability: package_execution, package: acme/pdf }, expect: deny }
  - { request: { capability: skill_load, skill: agentzero/license-check }, expect: allow }
  - { request: { capability: skill_load, skill: notes }, expect: deny }
  - { request: { capability: skill_load, skill: notes, trust: signed }, expect: allow }
  - { request: { capability: wasm_host_call, import: "az:host/clock", skill: x }, expect: allow }
  - { request: { capability: file_write, path: "\${tmp}/x", staged: true }, expect: allow }
  - { request: { capability: file_write, path: "\${tmp}/x" }, expect: deny }
  - { request: { capability: acp_context_request, path: a, class: [public] }, expect: allow }
  - { request: { capability: acp_context_request, path: a, class: [public, pii] }, expect: deny }
`;
    expect(failures(rules.slice(1), tests.slice(1))).toEqual([]);
  });

  it("counts a request without a target as failing, and one whose target is refused as denied by no rule", () => {
    expect(failures(READ, "  - { request: { capability: file_read }, expect: deny }\n")).toHaveLength(1);
    for (
      const request of [
        'capability: network_request, url: "ftp://x"',
        'capability: network_request, url: "https://good.example:443@evil.example/"',
        "capability: shell_command, command: ' '",
      ]
    ) {
      expect(failures(READ, `  - { request: { ${request} }, expect: deny }\n`)).toEqual([]);
      expect(failures(READ, `  - { request: { ${request} }, expect: deny, rule: null }\n`)).toEqual([]);
      expect(failures(READ, `  - { request: { ${request} }, expect: deny, rule: read }\n`)).toHaveLength(1);
      expect(failures(READ, `  - { request: { ${request} }, expect: allow }\n`)).toHaveLength(1);
    }
  });

  it("holds examples: every command of a line for what lets through, any for what holds back", () => {
    const allow =
      "  - { id: a, effect: allow, capability: shell_command, argv: [[npm, test], [ls]], examples: { match: [npm test, npm test | ls] } }\n";
    expect(failures(allow)).toEqual([]);
    expect(failures(allow.replace("npm test | ls", "npm test | rm x"))).toEqual([
      expect.stringContaining("does not match its example"),
    ]);
    const deny =
      '  - { id: a, effect: deny, capability: shell_command, argv: [[rm, "..."]], examples: { match: [ls | rm x, /bin/rm x], not_match: [ls] } }\n';
    expect(failures(deny)).toEqual([]);
    expect(failures(deny.replace("not_match: [ls]", "not_match: [rm y]"))).toEqual([
      expect.stringContaining("which it must not"),
    ]);
  });

  it("fills in what an example leaves open from its rule", () => {
    expect(failures(
      '  - { id: a, effect: deny, capability: file_write, staged: true, tainted: true, classification: [pii], paths: ["**/x"], examples: { match: [/a/x], not_match: [/a/y] } }\n' +
        "  - { id: b, effect: allow, capability: network_request, hosts: [a.example.com], ports: [8443], methods: [POST], examples: { match: [{ host: a.example.com }] } }\n",
    )).toEqual([]);
  });
});
