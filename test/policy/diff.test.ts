import { describe, expect, it } from "vitest";
import { diffPolicies, type PolicyChange } from "../../policy/diff.ts";
import { DEFAULT_POLICY, PRIVATE_POLICY } from "../../policy/templates.ts";
import { layerOf } from "./policy-text.ts";

const READ = "id: read, effect: allow, capability: file_read, paths: ['${project}/**']";

function diff(before: string, after: string): readonly Partial<PolicyChange>[] {
  const { same, changes, truncated } = diffPolicies([layerOf(before)], [layerOf(after)]);
  expect({ same, truncated }).toEqual({ same: changes.length === 0, truncated: false });
  return changes;
}

describe("diffPolicies()", () => {
  it("says that a policy is the same as itself, whatever its names, order, comments and reasons", () => {
    expect(diff(DEFAULT_POLICY, DEFAULT_POLICY)).toEqual([]);
    const a = `${READ}\nid: keys, effect: deny, capability: file_read, paths: ['**/*.pem'], reason: old`;
    const b = `id: no-keys, effect: deny, capability: file_read, paths: ['**/*.pem'], reason: new\n${
      READ.replace("id: read", "id: all")
    }`;
    expect(diff(a, b)).toEqual([]);
  });

  it("says that another way to write the same decides the same", () => {
    const split =
      "id: a, effect: allow, capability: file_read, paths: ['${project}']\nid: b, effect: allow, capability: file_read, paths: ['${project}/*', '${project}/*/**']";
    expect(diff(READ, split)).toEqual([]);
  });

  it.for(
    [
      [
        "a deny that came",
        READ,
        `${READ}\nid: keys, effect: deny, capability: file_read, paths: ['**/*.pem'], reason: x`,
        {
          capability: "file_read",
          region: "paths **/*.pem",
          from: "allow",
          to: "deny",
          witness: { capability: "file_read", path: "${project}/.pem" },
          looser: false,
        },
      ],
      [
        "an allow that came",
        READ,
        `${READ}\nid: out, effect: allow, capability: file_write, paths: ['\${project}/dist/**']`,
        {
          capability: "file_write",
          region: "paths ${project}/dist/**",
          from: "deny",
          to: "allow",
          witness: { capability: "file_write", path: "${project}/dist" },
          looser: true,
        },
      ],
      [
        "an item that went",
        "id: keys, effect: deny, capability: file_read, paths: ['**/*.pem', '**/.netrc'], reason: x\n" + READ,
        "id: keys, effect: deny, capability: file_read, paths: ['**/*.pem'], reason: x\n" + READ,
        {
          capability: "file_read",
          region: "paths **/.netrc",
          from: "deny",
          to: "allow",
          witness: { capability: "file_read", path: "${project}/.netrc" },
          looser: true,
        },
      ],
      [
        "an effect that changed",
        "id: c, effect: requires_approval, capability: shell_command",
        "id: c, effect: allow, capability: shell_command",
        {
          capability: "shell_command",
          region: "all",
          from: "requires_approval",
          to: "allow",
          looser: true,
        },
      ],
      [
        "words",
        "id: c, effect: allow, capability: shell_command, argv: [[git, status]]",
        "id: c, effect: allow, capability: shell_command, argv: [[git, [status, log]]]",
        {
          region: "argv [git status|log]",
          from: "deny",
          to: "allow",
          witness: { capability: "shell_command", argv: ["git", "log"] },
          looser: true,
        },
      ],
      [
        "an option",
        "id: c, effect: allow, capability: shell_command, argv: [[git, log, '...']]",
        "id: c, effect: allow, capability: shell_command, argv: [[git, log, '...']], options: ['--oneline']",
        {
          region: "argv [git log ...]; options --oneline",
          from: "deny",
          to: "allow",
          witness: { capability: "shell_command", argv: ["git", "log", "--oneline"] },
          looser: true,
        },
      ],
      [
        "a host",
        "id: n, effect: allow, capability: network_request, hosts: []",
        "id: n, effect: allow, capability: network_request, hosts: ['*.docs.example.com']",
        {
          region: "hosts *.docs.example.com",
          from: "deny",
          to: "allow",
          witness: { capability: "network_request", url: "https://y.docs.example.com/" },
          looser: true,
        },
      ],
      [
        "taint",
        "id: n, effect: allow, capability: package_install, packages: ['npm:*'], tainted: false",
        "id: n, effect: allow, capability: package_install, packages: ['npm:*'], tainted: any",
        {
          from: "deny",
          to: "allow",
          witness: { capability: "package_install", package: "npm:", tainted: true },
          looser: true,
        },
      ],
      [
        "an exception",
        "id: d, effect: deny, capability: file_read, paths: ['**/.env*'], reason: x\n" + READ,
        "id: d, effect: deny, capability: file_read, paths: ['**/.env*'], except: { paths: ['**/.env.example'] }, reason: x\n" +
        READ,
        {
          region: "paths **/.env.example",
          from: "deny",
          to: "allow",
          witness: { capability: "file_read", path: "${project}/.env.example" },
          looser: true,
        },
      ],
      [
        "masking",
        "id: m, effect: allow_with_redaction, capability: model_call, remote: false, redact: [pii, secret]",
        "id: m, effect: allow_with_redaction, capability: model_call, remote: false, redact: [secret]",
        {
          region: "remote false (masks pii, secret -> secret)",
          from: "allow_with_redaction",
          to: "allow_with_redaction",
          looser: true,
        },
      ],
      [
        "how long an answer holds",
        "id: w, effect: requires_approval, capability: file_write, approval: { max_scope: once }",
        "id: w, effect: requires_approval, capability: file_write, approval: { max_scope: session }",
        {
          region: "all (an answer holds for once -> session)",
          from: "requires_approval",
          to: "requires_approval",
          looser: true,
        },
      ],
    ] as const,
  )("tells %s", ([, before, after, expected]) => {
    expect(diff(before, after)).toEqual(expect.arrayContaining([expect.objectContaining(expected)]));
    // The way back is the same difference the other way round.
    const back = diff(after, before);
    expect(
      back.some(({ from, to, looser }) => from === expected.to && to === expected.from && looser === !expected.looser),
    ).toBe(true);
  });

  it("tells a class that came by classify", () => {
    const rules = `rules:\n  - { ${READ}, classification: [private] }\n`;
    const after = `version: 2\nclassify:\n  - { paths: ["\${project}/hr/**"], as: [pii] }\n${rules}`;
    expect(diff(`version: 2\n${rules}`, after)).toEqual([
      expect.objectContaining({
        capability: "file_read",
        region: "paths ${project}/hr/**",
        from: "allow",
        to: "deny",
        looser: false,
      }),
    ]);
  });

  it("tells what an untrusted file grants once it is trusted", () => {
    const layers = [false, true].map((grants) => layerOf(READ, { layer: "project", grants }));
    const { changes } = diffPolicies(layers.slice(0, 1), layers.slice(1));
    expect(changes).toEqual([expect.objectContaining({ from: "deny", to: "allow", looser: true })]);
  });

  it("finds nothing looser in the private policy than in the default one, and much the other way round", () => {
    expect(diff(DEFAULT_POLICY, PRIVATE_POLICY).filter(({ looser }) => looser)).toEqual([]);
    expect(diff(PRIVATE_POLICY, DEFAULT_POLICY).filter(({ looser }) => looser).length).toBeGreaterThan(5);
  });

  it("puts what is looser first", () => {
    const a = "id: a, effect: allow, capability: file_read, paths: ['${project}/a']";
    const b = "id: b, effect: allow, capability: file_read, paths: ['${project}/b']";
    expect(diff(a, b).map(({ looser }) => looser)).toEqual([true, false]);
  });
});
