import { describe, expect, it } from "vitest";
import { MAX_RULES, parsePolicy, parsePolicyTests } from "../../policy/parse-policy.ts";
import { DEFAULT_POLICY, PRIVATE_POLICY } from "../../policy/templates.ts";

const HEAD = "version: 2\nrules:\n";

/** A policy with one rule that differs from a good one in some keys. */
function ruleWith(more: string): string {
  return `${HEAD}  - { id: a, effect: allow, capability: file_read, ${more} }\n`;
}

function manyRules(count: number): string {
  const rules = Array.from(
    { length: count },
    (_, i) => `  - { id: r${i}, effect: deny, capability: file_read, paths: [/x${i}] }\n`,
  );
  return HEAD + rules.join("");
}

function codes(text: string | Uint8Array): readonly string[] {
  const parsed = parsePolicy(text);
  return parsed.problems.map((problem) => problem.code);
}

describe("parsePolicy()", () => {
  it.each([["default", DEFAULT_POLICY], ["private", PRIVATE_POLICY]])("reads the %s template", (_, text) => {
    expect(parsePolicy(text).problems).toEqual([]);
  });

  it("reads every matcher, splices sets and keeps places", () => {
    const parsed = parsePolicy(`version: 2
name: B\u00fccher # free text, and comments, may hold any letter: \u00e9
approval: { max_scope: session, timeout: 90s, ttl: 12h }
sets:
  docs: ["\${project}/docs/**", "/srv/docs/*"]
  tools: [status, diff]
classify:
  - { paths: [$docs], as: [public] }
  - { hosts: [hr.example.com], as: [pii, regulated] }
rules:
  - { id: docs, effect: allow_with_redaction, capability: [file_read, acp_context_request], paths: [$docs, "/etc/hosts"],
      redact: [pii, pii], max_bytes: 4096, classification: [public, unknown], tier: [host-readonly], tainted: any }
  - { id: git, effect: requires_approval, capability: shell_command, argv: [[git, [$tools]], [npm, test, "..."]],
      options: ["--short"], cwd: ["\${project}"], approval: { max_scope: project, ttl: 30d, shape: pattern },
      except: { argv: [[git, $tools]] }, reason: "fragt \u00e4ngstlich", examples: { match: [git status], not_match: [ls] } }
  - { id: net, effect: deny, capability: network_request, hosts: ["*.example.com"], ports: [80], methods: [POST],
      cidr: [10.0.0.0/8], tainted: true, except: { hosts: [a.example.com] } }
  - { id: key, effect: allow, capability: secret_handle_usage, secrets: ["handle://vault/x/*"], inject: ["env:*"],
      commands: ["/usr/bin/gh"], skill: { id: acme/pdf, trust: [signed] } }
tests:
  - { name: n, request: { capability: file_read, path: "\${project}/docs/a", class: public }, expect: deny, rule: null }
`);
    expect(parsed.problems).toEqual([]);
    expect(parsed.document?.name).toBe("B\u00fccher");
    expect(parsed.document?.approval).toEqual({ maxScope: "session", timeoutMs: 90_000, ttlMs: 43_200_000 });
    const [docs, git, net, key] = parsed.document?.rules ?? [];
    expect(docs).toMatchObject({
      id: "docs",
      capabilities: ["file_read", "acp_context_request"],
      redact: ["pii"],
      maxBytes: 4096,
      at: { line: 11, col: 5 },
      match: { paths: ["${project}/docs/**", "/srv/docs/*", "/etc/hosts"], tainted: "any", tier: ["host-readonly"] },
    });
    expect(git).toMatchObject({
      match: {
        argv: [{ words: [["git"], ["status", "diff"]], rest: false }, { words: [["npm"], ["test"]], rest: true }],
        options: ["--short"],
      },
      approval: { maxScope: "project", ttlMs: 2_592_000_000, shape: "pattern" },
      except: { argv: [{ words: [["git"], ["status"], ["diff"]], rest: false }] },
      examples: {
        match: [{ capability: "shell_command", command: "git status" }],
        not_match: [{ capability: "shell_command", command: "ls" }],
      },
    });
    expect(net).toMatchObject({ match: { ports: [80], methods: ["POST"], cidr: ["10.0.0.0/8"], tainted: "true" } });
    expect(key).toMatchObject({ match: { skill: { id: ["acme/pdf"], trust: ["signed"] }, commands: ["/usr/bin/gh"] } });
    expect(parsed.document?.tests).toMatchObject([{ name: "n", expect: "deny", rule: null }]);
  });

  it.each([
    // YAML that is taken silently elsewhere.
    ["an anchor", ruleWith("paths: &x [/a]"), "POLICY_SYNTAX"],
    ["an alias", `${HEAD}  - &r { id: a, effect: deny, capability: file_read }\n  - *r\n`, "POLICY_SYNTAX"],
    ["a merge key", `${HEAD}  - { <<: { id: a }, effect: deny, capability: file_read }\n`, "POLICY_SYNTAX"],
    ["a tag", ruleWith("paths: !!set [/a]"), "POLICY_SYNTAX"],
    ["a binary tag", ruleWith("reason: !!binary aGk="), "POLICY_SYNTAX"],
    ["a local tag", ruleWith("reason: !x y"), "POLICY_SYNTAX"],
    ["a directive", "%YAML 1.2\n---\nversion: 2\n", "POLICY_SYNTAX"],
    ["a second document", "version: 2\n---\nversion: 2\n", "POLICY_SYNTAX"],
    ["a document end", "version: 2\n...\n", "POLICY_SYNTAX"],
    ["broken YAML", "version: 2\nrules: [", "POLICY_SYNTAX"],
    ["a tab as indentation", "version: 2\nrules:\n\t- a\n", "POLICY_SYNTAX"],
    ["nothing", "", "POLICY_SYNTAX"],
    ["only a comment", "# version: 2\n", "POLICY_SYNTAX"],
    ["a closing bracket too many", "version: 2\nrules: []]\n", "POLICY_SYNTAX"],
    ["two commas", ruleWith("paths: [/a,,/b]"), "POLICY_SYNTAX"],
    // Letters that look like others, or like nothing.
    ["a byte order mark", "\uFEFFversion: 2\n", "POLICY_SYNTAX"],
    ["a control character", ruleWith('reason: "a\\x07b"'), "POLICY_SYNTAX"],
    ["a raw control character in a comment", "version: 2 # \u0007\n", "POLICY_SYNTAX"],
    ["a direction override in a comment", "version: 2 # \u202E\n", "POLICY_SYNTAX"],
    ["a zero-width letter", ruleWith("reason: a\u200Bb"), "POLICY_SYNTAX"],
    ["a line break in a value", ruleWith('reason: "a\\nb"'), "POLICY_SYNTAX"],
    ["a line separator", ruleWith("reason: a\u2028b"), "POLICY_SYNTAX"],
    ["a lone carriage return", "version: 2\rrules: []\n", "POLICY_SYNTAX"],
    ["a Cyrillic letter in a key", "version: 2\nr\u0443les: []\n", "POLICY_KEY"],
    ["a no-break space in a key", "version: 2\nrules\u00A0: []\n", "POLICY_KEY"],
    ["a letter that is not ASCII in a value", ruleWith("paths: [/\u00fc]"), "POLICY_VALUE"],
    ["the same by an escape", ruleWith('paths: ["/\\u00fc"]'), "POLICY_VALUE"],
    ["the same deep in a set", "version: 2\nsets: { a: [[\u00fc]] }\n", "POLICY_VALUE"],
    // Values in other dresses.
    ["null", "version: 2\nrules: ~\n", "POLICY_VALUE"],
    ["an empty value", "version: 2\nrules:\n", "POLICY_VALUE"],
    ["a float", ruleWith("max_bytes: 1.5"), "POLICY_VALUE"],
    ["an exponent", ruleWith("max_bytes: 1e3"), "POLICY_VALUE"],
    ["a hexadecimal number", ruleWith("max_bytes: 0x10"), "POLICY_VALUE"],
    ["infinity", ruleWith("max_bytes: .inf"), "POLICY_VALUE"],
    ["TRUE", `${HEAD}  - { id: a, effect: deny, capability: model_call, remote: TRUE }\n`, "POLICY_VALUE"],
    ["a number as a key", `${HEAD}  - { id: a, effect: deny, capability: file_read, 1: x }\n`, "POLICY_KEY"],
    ["a boolean as a key", `version: 2\ntrue: x\n`, "POLICY_KEY"],
    ["a number where a word is meant", ruleWith("paths: [1]"), "POLICY_VALUE"],
    ["a text where a list is meant", ruleWith("paths: /a"), "POLICY_VALUE"],
    // Keys.
    ["an unknown top key", "version: 2\nrule: []\n", "POLICY_KEY"],
    ["an unknown rule key", ruleWith("path: [/a]"), "POLICY_KEY"],
    ["the same key twice", ruleWith("reason: a, reason: b"), "POLICY_DUPLICATE"],
    [
      "the same id twice",
      `${ruleWith("reason: x")}  - { id: a, effect: deny, capability: file_read }\n`,
      "POLICY_DUPLICATE",
    ],
    ["except in an allow", ruleWith("paths: [/a], except: { paths: [/b] }"), "POLICY_KEY"],
    ["a matcher that does not fit", ruleWith("hosts: [a.example.com]"), "POLICY_KEY"],
    [
      "a matcher that fits only one of two capabilities",
      `${HEAD}  - { id: a, effect: deny, capability: [file_read, file_write], staged: true }\n`,
      "POLICY_KEY",
    ],
    ["redact in an allow", ruleWith("redact: [pii]"), "POLICY_KEY"],
    ["approval in a deny", `${HEAD}  - { id: a, effect: deny, capability: file_read, approval: {} }\n`, "POLICY_KEY"],
    // Values.
    ["an unknown capability", `${HEAD}  - { id: a, effect: deny, capability: file_raed }\n`, "POLICY_VALUE"],
    ["no capability", `${HEAD}  - { id: a, effect: deny, capability: [] }\n`, "POLICY_VALUE"],
    ["a missing effect", `${HEAD}  - { id: a, capability: file_read }\n`, "POLICY_VALUE"],
    ["a bad id", `${HEAD}  - { id: A_b, effect: deny, capability: file_read }\n`, "POLICY_VALUE"],
    ["an unknown class", ruleWith("classification: [publik]"), "POLICY_VALUE"],
    ["an unknown tier", ruleWith("tier: [microvm]"), "POLICY_VALUE"],
    ["staged: false", `${HEAD}  - { id: a, effect: deny, capability: file_write, staged: false }\n`, "POLICY_VALUE"],
    [
      "an empty list in a deny",
      `${HEAD}  - { id: a, effect: deny, capability: file_read, paths: [] }\n`,
      "POLICY_VALUE",
    ],
    [
      "an empty set in a deny",
      `version: 2\nsets: { none: [] }\nrules:\n  - { id: a, effect: deny, capability: file_read, paths: [$none] }\n`,
      "POLICY_VALUE",
    ],
    ["an empty except", `${HEAD}  - { id: a, effect: deny, capability: file_read, except: {} }\n`, "POLICY_VALUE"],
    [
      "redaction of nothing",
      `${HEAD}  - { id: a, effect: allow_with_redaction, capability: file_read }\n`,
      "POLICY_VALUE",
    ],
    ["port 0", `${HEAD}  - { id: a, effect: allow, capability: network_request, ports: [0] }\n`, "POLICY_VALUE"],
    [
      "a verb in lower case",
      `${HEAD}  - { id: a, effect: allow, capability: network_request, methods: [get] }\n`,
      "POLICY_VALUE",
    ],
    [
      "an option without a dash",
      `${HEAD}  - { id: a, effect: allow, capability: shell_command, options: [force] }\n`,
      "POLICY_VALUE",
    ],
    [
      "a short handle",
      `${HEAD}  - { id: a, effect: allow, capability: secret_handle_usage, secrets: [x/key] }\n`,
      "POLICY_VALUE",
    ],
    [
      "pattern without argv",
      `${HEAD}  - { id: a, effect: requires_approval, capability: shell_command, approval: { shape: pattern } }\n`,
      "POLICY_VALUE",
    ],
    ["a duration in words", "version: 2\napproval: { timeout: five minutes }\n", "POLICY_VALUE"],
    ["a scope nobody may be given", "version: 2\napproval: { max_scope: never }\n", "POLICY_VALUE"],
    // Limits.
    ["a lifetime above 90 days", "version: 2\napproval: { ttl: 91d }\n", "POLICY_LIMIT"],
    ["a text above 1,024", ruleWith(`reason: "${"a".repeat(1_025)}"`), "POLICY_LIMIT"],
    ["a file above 1 MiB", `version: 2 #${"a".repeat(1_048_576)}`, "POLICY_LIMIT"],
    ["depth 13", ruleWith(`paths: ${"[".repeat(13)}${"]".repeat(13)}`), "POLICY_LIMIT"],
    // References and globs.
    ["an unknown set", ruleWith("paths: [$docs]"), "POLICY_REF"],
    ["a set in a set", "version: 2\nsets: { a: [x], b: [$a] }\n", "POLICY_REF"],
    ["an unknown root", ruleWith('paths: ["${here}/a"]'), "POLICY_REF"],
    ["a relative glob", ruleWith("paths: [src/a]"), "POLICY_GLOB"],
    [
      "a wildcard host",
      `${HEAD}  - { id: a, effect: allow, capability: network_request, hosts: ["*"] }\n`,
      "POLICY_HOST",
    ],
    [
      "bits behind the prefix",
      `${HEAD}  - { id: a, effect: allow, capability: network_request, cidr: [10.0.0.1/8] }\n`,
      "POLICY_HOST",
    ],
    [
      "a word pattern that is no list",
      `${HEAD}  - { id: a, effect: allow, capability: shell_command, argv: [npm] }\n`,
      "POLICY_GLOB",
    ],
    [
      "... in the middle",
      `${HEAD}  - { id: a, effect: allow, capability: shell_command, argv: [[npm, "...", x]] }\n`,
      "POLICY_GLOB",
    ],
    [
      "a pattern without a program",
      `${HEAD}  - { id: a, effect: allow, capability: shell_command, argv: [["..."]] }\n`,
      "POLICY_GLOB",
    ],
    // Version.
    ["no version", "rules: []\n", "POLICY_VERSION"],
    ["version 1", "version: 1\nrules: []\n", "POLICY_VERSION"],
    ["a version as text", 'version: "2"\n', "POLICY_VERSION"],
    ["a list at the top", "- version: 2\n", "POLICY_VALUE"],
    // Tests.
    [
      "a test without expect",
      "version: 2\ntests:\n  - { request: { capability: file_read, path: /a } }\n",
      "POLICY_VALUE",
    ],
    [
      "a test with an unknown key",
      "version: 2\ntests:\n  - { request: { capability: file_read, paht: /a }, expect: deny }\n",
      "POLICY_KEY",
    ],
  ])("refuses %s", (_, text, code) => {
    const parsed = parsePolicy(text);
    expect(parsed.ok).toBe(false);
    expect(parsed.document).toBeNull();
    expect(parsed.problems.map((problem) => problem.code)).toContain(code);
    for (const problem of parsed.problems) {
      expect(problem.level).toBe("error");
      expect(problem.line).toBeGreaterThan(0);
      expect(problem.col).toBeGreaterThan(0);
    }
  });

  it("refuses what is not UTF-8", () => {
    expect(codes(new Uint8Array([0x76, 0xff, 0xfe]))).toEqual(["POLICY_SYNTAX"]);
    expect(codes(new Uint8Array([0xc0, 0xaf]))).toEqual(["POLICY_SYNTAX"]);
  });

  it("says where, and what was probably meant", () => {
    const { problems } = parsePolicy("version: 2\nrules:\n  - id: a\n    efect: allow\n    capability: file_read\n");
    expect(problems).toContainEqual({
      code: "POLICY_KEY",
      level: "error",
      line: 4,
      col: 5,
      message: 'unknown key "efect" in a rule',
      hint: 'did you mean "effect"?',
    });
  });

  it("tells all problems of a file at once, but not thousands", () => {
    const { problems } = parsePolicy(`${HEAD}${"  - { id: X, effect: no, capability: nope }\n".repeat(500)}`);
    expect(problems.length).toBe(50);
  });

  it("never shows an invisible character in a message", () => {
    const { problems } = parsePolicy("version: 2\nr\u0443les\u00A0x: []\n");
    expect(problems.map((problem) => problem.message).join()).toMatch(/^[\x20-\x7e]*$/);
  });

  it(`reads ${MAX_RULES} rules and refuses one more`, () => {
    expect(parsePolicy(manyRules(MAX_RULES)).document?.rules.length).toBe(MAX_RULES);
    expect(codes(manyRules(MAX_RULES + 1))).toEqual(["POLICY_LIMIT"]);
  });

  it.each([
    ["brackets", "[".repeat(1_000_000)],
    ["sequences in one line", "- ".repeat(500_000)],
    ["explicit keys in one line", "? ".repeat(500_000)],
    ["maps in one line", "a: ".repeat(300_000)],
    ["ever deeper lines", Array.from({ length: 1_300 }, (_, i) => `${" ".repeat(i)}a:\n`).join("")],
    ["tags", "!!a ".repeat(250_000)],
    ["anchors", "&a ".repeat(300_000)],
    ["aliases", `a: &a [x]\nb: [${"*a,".repeat(300_000)}]`],
    ["commas", `[${",".repeat(1_000_000)}`],
    ["closing brackets", "]".repeat(1_000_000)],
    ["one key many times", "a: 1\n".repeat(200_000)],
    ["many keys", Array.from({ length: 80_000 }, (_, i) => `k${i}: 1\n`).join("")],
    ["documents", "---\n".repeat(250_000)],
    ["bad escapes", `"${"\\q".repeat(500_000)}"`],
    ["blank lines", "\n".repeat(1_000_000)],
  ])("refuses a megabyte of %s within seconds", (_, text) => {
    const start = performance.now();
    expect(parsePolicy(text).ok).toBe(false);
    expect(performance.now() - start).toBeLessThan(60_000);
  });

  it("refuses one set spliced into thousands of rules", () => {
    const set = Array.from({ length: 5_000 }, (_, i) => `/a${i}`).join(", ");
    const rules = Array.from(
      { length: 1_000 },
      (_, i) => `  - { id: r${i}, effect: allow, capability: file_read, paths: [$s] }\n`,
    );
    expect(codes(`version: 2\nsets: { s: [${set}] }\nrules:\n${rules.join("")}`)).toContain("POLICY_LIMIT");
  });
});

describe("parsePolicyTests()", () => {
  it("reads version and tests, nothing else", () => {
    const good = "version: 2\ntests:\n  - { request: { capability: file_read, path: /a }, expect: deny }\n";
    expect(parsePolicyTests(good).document?.tests.length).toBe(1);
    expect(parsePolicyTests(`${good}rules: []\n`).problems[0]?.code).toBe("POLICY_KEY");
    expect(parsePolicyTests("version: 2\n").ok).toBe(false);
    expect(parsePolicyTests("tests: []\n").problems[0]?.code).toBe("POLICY_VERSION");
  });
});
