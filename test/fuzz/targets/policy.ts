import { parse } from "yaml";
import { parsePolicy, parsePolicyTests } from "../../../policy/parse-policy.ts";
import { DEFAULT_POLICY, PRIVATE_POLICY } from "../../../policy/templates.ts";
import { bytesOf, type FuzzTarget, textOf, violated } from "../target.ts";

const EVERYTHING = `version: 2
name: everything
approval: { max_scope: session, ttl: 30d }
sets: { code: ["src/**", "test/**"] }
classify: [{ paths: [data/**], as: secret }]
rules:
  - id: work
    effect: allow
    action: [file_read, file_write]
    paths: ["src/**"]
    except: { paths: ["src/keys/**"] }
  - { id: git, effect: ask, action: shell_command, argv: [[git, [status, log], "..."]], options: [--all], reason: "Why" }
  - { id: net, effect: deny, action: network_request, hosts: ["*.example.com"], ports: [443], methods: [GET], cidr: [10.0.0.0/8] }
  - { id: skill, effect: deny, action: skill_install, packages: ["acme/*"], skill: { trust: [signed] } }
tests:
  - { name: reads, request: { capability: file_read, path: src/a.ts }, expect: allow }
`;

/** `policy.yml` and `*.policy-test.yml`. */
export function open(): FuzzTarget {
  return {
    samples: [DEFAULT_POLICY, PRIVATE_POLICY, EVERYTHING, "version: 2\nrules: []\n"].map(bytesOf),
    words:
      ("version name approval sets classify rules tests id effect action allow ask deny file_read file_write paths " +
        "except argv options cwd hosts ports methods cidr remote providers models secrets inject skill classification " +
        "tier tainted reason approve max_scope ttl shape exact pattern once session examples request expect").split(
          " ",
        ),
    check(input) {
      parsePolicyTests(input);
      const read = parsePolicy(input);
      if (!read.ok) {
        if (read.problems.length === 0) throw violated("a refusal names a problem");
        const lines = textOf(input).split(/\r\n|\n|\r/).length;
        const off = read.problems.find(({ line, col }) => line < 1 || col < 1 || line > lines + 1);
        if (off !== undefined) throw violated(`a problem stands in the file: ${JSON.stringify(off)}`);
        return read.problems[0]?.code ?? "";
      }
      // Another reader must see the same rules in the same order, with the same effects.
      const other: unknown = parse(textOf(input));
      const rules: unknown = typeof other === "object" && other !== null && "rules" in other ? other.rules : null;
      const theirs = Array.isArray(rules)
        ? rules.map((rule: Record<string, unknown>) => `${String(rule["id"])} ${String(rule["effect"])}`)
        : [];
      const ours = read.document.rules.map((rule) => `${rule.id} ${rule.effect}`);
      if (ours.join("\n") !== theirs.join("\n")) {
        throw violated(`rules read as ${ours.join()}, elsewhere ${theirs.join()}`);
      }
      return "ok";
    },
  };
}
