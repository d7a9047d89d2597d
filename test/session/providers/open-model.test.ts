import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { systemTimers } from "../../../cli/system/timers.ts";
import { b2, loadSodium } from "../../../core/mod.ts";
import { createHttp } from "../../../session/http.ts";
import { readModels } from "../../../session/providers/list-models.ts";
import { retryAfter } from "../../../session/providers/model-fetch.ts";
import { openModel } from "../../../session/providers/open-model.ts";
import { createModelIo } from "../../support/model-io.ts";
import { sendJson } from "../../support/model-server.ts";
import { serve } from "../../support/serve.ts";

const http = createHttp({ timers: systemTimers });
describe("openModel()", () => {
  test.for(
    [
      ["http://127.0.0.1:11434/v1", "local", "127.0.0.1", 11434, "http"],
      ["http://127.9.9.9/v1/", "local", "127.9.9.9", 80, "http"],
      ["http://[::1]:8080/v1", "local", "::1", 8080, "http"],
      ["http://[::ffff:127.0.0.1]:8080/v1", "local", "127.0.0.1", 8080, "http"],
      ["http://localhost:1234/v1", "local", "localhost", 1234, "http"],
      ["http://0x7f.1:80/v1", "local", "127.0.0.1", 80, "http"],
      ["https://api.Example.test./v1", "remote", "api.example.test", 443, "https"],
      ["http://192.168.1.5:11434/v1", "remote", "192.168.1.5", 11434, "http"],
      ["http://0.0.0.0:11434/v1", "remote", "0.0.0.0", 11434, "http"],
      ["http://localhost.example.test/v1", "remote", "localhost.example.test", 80, "http"],
      ["http://127.0.0.1.example.test/v1", "remote", "127.0.0.1.example.test", 80, "http"],
    ] as const,
  )("calls %s %s", async ([url, locality, host, port, scheme]) => {
    const open = await openModel({ kind: "openai-compatible", id: "x", url, model: "m" }, { http });
    expect(open.locality).toBe(locality);
    expect(open.target).toEqual({ scheme, host, port, remote: locality === "remote" });
  });

  test.for(
    [
      ["ftp://127.0.0.1/v1", "m"],
      ["not an address", "m"],
      ["https://user:pass@api.example.test/v1", "m"],
      ["https://api.example.test/v1?key=1", "m"],
      ["https://api.example.test/v1", ""],
      ["https://api.example.test/v1", "a b"],
      ["https://api.example.test/v1", "x".repeat(300)],
    ] as const,
  )("refuses the address %j with model %j", async ([url, model]) => {
    await expect(openModel({ kind: "anthropic", id: "x", url, model }, { http })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining('Cannot use provider "x"'),
    });
  });

  it("asks the server for the size of the context, and believes only what makes sense", async () => {
    const server = await serve((_, response) =>
      sendJson(response, {
        status: 200,
        value: {
          data: [{ id: "small", max_model_len: 4096 }, { id: "silly", max_model_len: 1e12 }, { id: "none" }, {
            id: "meta",
            meta: { n_ctx: 8192 },
          }],
        },
      })
    );
    const io = await createModelIo();
    await loadSodium();
    const attempt = await io.attempt(0, b2("x"));
    for (
      const [model, size] of [["small", 4096], ["silly", null], ["none", null], ["meta", 8192], [
        "absent",
        null,
      ]] as const
    ) {
      const open = await openModel({ kind: "openai-compatible", id: "x", url: server.url, model }, { http });
      expect(await open.reportedContext(attempt, io)).toBe(size);
    }
    const open = await openModel(
      { kind: "openai-compatible", id: "x", url: server.url, model: "small", context: 2048 },
      { http },
    );
    expect(open.contextSize).toBe(2048);
  });
});

describe("readModels()", () => {
  it("keeps plain names only, of any JSON", () => {
    expect(readModels({ data: [{ id: "a/b:c" }, { id: "x y" }, { id: "" }, null, 3, { id: "a".repeat(97) }] })).toEqual(
      [
        { id: "a/b:c", context: null },
      ],
    );
    for (const value of [null, 3, "x", [], {}, { data: {} }, { models: "x" }]) expect(readModels(value)).toEqual([]);
  });
});

describe("retryAfter()", () => {
  const now = Date.UTC(2025, 0, 1);
  test.for(
    [
      ["", null],
      ["3", 3_000],
      ["0", 0],
      ["-3", null],
      ["999999999", 86_400_000],
      ["1.5", null],
      ["soon", null],
      ["Wed, 01 Jan 2025 00:00:10 GMT", 10_000],
      ["Wed, 01 Jan 2020 00:00:10 GMT", 0],
      ["x".repeat(1_000), null],
    ] as const,
  )("reads %j as %j", ([value, expected]) => {
    expect(retryAfter(value, now)).toBe(expected);
  });
});

describe("the AI SDK", () => {
  it("is loaded by the first request over HTTP only: no file imports it for its values", () => {
    const folder = new URL("../../../session/providers/", import.meta.url);
    const heavy = readdirSync(folder).filter((name) =>
      /^import (?!type )[^;]*"(@ai-sdk\/|yaml")/m.test(readFileSync(new URL(name, folder), "utf8"))
    );
    expect(heavy).toEqual([]);
  });
});
