import { describe, expect, test } from "vitest";
import { describeTarget, type Target } from "../../core/action.ts";

describe("describeTarget()", () => {
  const targets: readonly (readonly [Target, string])[] = [
    [{ kind: "path", real: "/p/a", lexical: "/p/b", file: "file", staged: false }, "/p/a"],
    [{ kind: "command", argv: ["ls"], text: "ls", cwd: "/p", redirects: [], secrets: false }, "ls"],
    [
      {
        kind: "network",
        url: "https://a.b/c",
        scheme: "https",
        host: "a.b",
        port: 443,
        method: "GET",
        addresses: null,
      },
      "GET https://a.b/c",
    ],
    [{ kind: "model", provider: "ollama", model: "x", host: null, port: null, remote: false }, "ollama/x"],
    [
      { kind: "secret", handle: "handle://vault/a/b", inject: "bearer", host: null, port: null, program: null },
      "handle://vault/a/b as bearer",
    ],
    [{ kind: "package", id: "acme/pdf", version: "1.2.3", digest: null }, "acme/pdf@1.2.3"],
    [{ kind: "package", id: "acme/pdf", version: null, digest: null }, "acme/pdf"],
    [{ kind: "import", name: "az:host/http" }, "az:host/http"],
    [{ kind: "skill", name: "review" }, "review"],
  ];
  test.for(targets)("names %j", ([target, expected]) => expect(describeTarget(target)).toBe(expected));
});
