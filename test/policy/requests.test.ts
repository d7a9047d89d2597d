import { describe, expect, it } from "vitest";
import type { PolicyRequest } from "../../policy/policy-request.ts";
import { lexicalTarget, planRequest, type RequestContext } from "../../policy/requests.ts";
import { ROOTS } from "./rig.ts";

const CONTEXT: RequestContext = {
  roots: ROOTS,
  base: "/home/me/shop",
  lookup: (word) => `/usr/bin/${word}`,
  resolve: lexicalTarget,
  classify: () => ["internal"],
};

function plan(request: PolicyRequest, more: Partial<RequestContext> = {}): ReturnType<typeof planRequest> {
  return planRequest(request, { ...CONTEXT, ...more });
}

function remote(request: Omit<PolicyRequest, "capability">): unknown {
  const target = plan({ capability: "model_call", ...request })[0]?.target;
  return target?.kind === "model" ? target.remote : null;
}

describe("planRequest()", () => {
  it("resolves paths from the project, roots first, and takes their class from `classify`", () => {
    expect(plan({ capability: "file_read", path: "a/../b" })).toEqual([{
      capability: "file_read",
      target: { kind: "path", real: "/home/me/shop/b", lexical: "/home/me/shop/b", file: "file", staged: false },
      classes: ["internal"],
      tier: "host-readonly",
      tainted: false,
      skill: null,
    }]);
    expect(plan({ capability: "file_write", path: "${home}/x", staged: true, class: ["pii"] })[0]).toMatchObject({
      target: { real: "/home/me/x", staged: true },
      classes: ["pii"],
      tier: "host-supervised",
    });
    expect(plan({ capability: "file_read", path: "${home}x" })[0]?.target).toMatchObject({ real: "/home/mex" });
  });

  it("gives every action of a command", () => {
    const actions = plan({ capability: "shell_command", command: "git show HEAD:.env | head -3", tainted: true });
    expect(actions.filter((action) => action.capability === "shell_command")).toHaveLength(2);
    expect(actions.every((action) => action.tainted)).toBe(true);
    expect(actions.some((action) => action.denyOnly === true && action.target.kind === "path")).toBe(true);
    expect(plan({ capability: "shell_command", argv: ["npm", "test"], cwd: "${tmp}", tier: "wasm-sandbox" })[0])
      .toMatchObject({
        target: { argv: ["npm", "test"], cwd: "/tmp" },
        tier: "wasm-sandbox",
      });
  });

  it("knows which models are local", () => {
    expect(remote({ provider: "builtin" })).toBe(false);
    expect(remote({ provider: "acme" })).toBe(true);
    expect(remote({ host: "127.0.0.1" })).toBe(false);
    expect(remote({ host: "localhost" })).toBe(false);
    expect(remote({ host: "192.168.0.7" })).toBe(true);
    expect(remote({ host: "127.0.0.1", remote: true })).toBe(true);
  });

  it("reads short handles, versions of packages, and actors", () => {
    expect(plan({ capability: "secret_handle_usage", secret: "github/token", host: "api.example.com" })[0]?.target)
      .toEqual({
        kind: "secret",
        handle: "handle://vault/github/token",
        inject: "bearer",
        host: "api.example.com",
        port: 443,
        program: null,
      });
    expect(plan({ capability: "package_install", package: "npm:@a/b@1.2.0" })[0]?.target).toMatchObject({
      id: "npm:@a/b",
      version: "1.2.0",
    });
    expect(plan({ capability: "package_install", package: "npm:@a/b" })[0]?.target).toMatchObject({
      id: "npm:@a/b",
      version: null,
    });
    const trusts = ["generated:x", "agentzero/x", "acme/x"].map((skill) =>
      plan({ capability: "skill_load", skill })[0]?.skill?.trust
    );
    expect(trusts).toEqual(["generated", "signed", "local"]);
    expect(plan({ capability: "skill_load", skill: "x", trust: "signed" })[0]?.skill).toMatchObject({
      trust: "signed",
      permissions: null,
    });
    const known = plan({ capability: "skill_load", skill: "x" }, {
      actor: (id) => ({
        id,
        version: "1",
        publisher: null,
        digest: null,
        trust: "signed",
        permissions: null,
        roots: {},
      }),
    });
    expect(known[0]?.skill?.version).toBe("1");
  });

  it.each<readonly [PolicyRequest, string]>([
    [{ capability: "file_read" }, "REQUEST_INVALID"],
    [{ capability: "shell_command" }, "REQUEST_INVALID"],
    [{ capability: "network_request" }, "REQUEST_INVALID"],
    [{ capability: "model_call" }, "REQUEST_INVALID"],
    [{ capability: "secret_handle_usage" }, "REQUEST_INVALID"],
    [{ capability: "package_install" }, "REQUEST_INVALID"],
    [{ capability: "skill_load" }, "REQUEST_INVALID"],
    [{ capability: "wasm_host_call" }, "REQUEST_INVALID"],
    [{ capability: "network_request", url: "https://a@b.example.com/" }, "URL_INVALID"],
    [{ capability: "network_request", host: "a b" }, "URL_INVALID"],
    [{ capability: "shell_command", command: " " }, "COMMAND_INVALID"],
  ])("refuses %j with %s", (request, code) => {
    expect(() => plan(request)).toThrow(expect.objectContaining({ code }));
  });
});
