import { describe, expect, it } from "vitest";
import { readRequest } from "../../../../cli/commands/policy/explain-request.ts";
import { commandInput } from "../../../../cli/input.ts";

function read(capability: string | undefined, options: Readonly<Record<string, unknown>> = {}): unknown {
  return readRequest(commandInput([capability, options], options));
}

describe("readRequest()", () => {
  it("reads every option", () => {
    expect(read("network_request", {
      url: "https://a.example.com/",
      host: "a.example.com",
      port: "8443",
      method: "post",
      address: ["10.0.0.1"],
      class: "public, pii",
      tier: "host-supervised",
      tainted: true,
    })).toEqual({
      capability: "network_request",
      url: "https://a.example.com/",
      host: "a.example.com",
      port: 8443,
      method: "POST",
      address: ["10.0.0.1"],
      class: ["public", "pii"],
      tier: "host-supervised",
      tainted: true,
    });
    expect(read("shell_command", { argv: '["npm","test"]', secrets: true })).toEqual({
      capability: "shell_command",
      argv: ["npm", "test"],
      secrets: true,
    });
    expect(read("model_call", { provider: "p", model: "m", remote: true })).toEqual({
      capability: "model_call",
      provider: "p",
      model: "m",
      remote: true,
    });
  });

  it.each<readonly [string | undefined, Readonly<Record<string, unknown>>]>([
    [undefined, {}],
    ["", {}],
    ["file_raed", {}],
    ["file_read", { class: "publik" }],
    ["file_read", { class: "" }],
    ["file_read", { tier: "root" }],
    ["shell_command", { argv: "npm test" }],
    ["shell_command", { argv: "[1]" }],
    ["shell_command", { argv: "[]" }],
    ["shell_command", { argv: '"npm"' }],
    ["shell_command", { argv: '["npm"]', command: "npm" }],
    ["file_read", { path: "" }],
    ["package_install", { package: "" }],
    ["network_request", { port: "0" }],
    ["network_request", { port: "65536" }],
    ["network_request", { port: "1e3" }],
    ["network_request", { port: "-1" }],
  ])("refuses %j %j as usage", (capability, options) => {
    expect(() => read(capability, options)).toThrow(
      expect.objectContaining({ code: "USAGE", hint: expect.any(String) }),
    );
  });
});
