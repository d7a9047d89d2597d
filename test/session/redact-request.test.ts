import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { openEngine } from "../support/engine.ts";

const MAIL = "ada@example.com";

async function startSink(): Promise<{ readonly port: number; readonly seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (piece: string) => void (body += piece));
    request.on("end", () => {
      seen.push(`${request.url} ${JSON.stringify(request.headers)} ${body}`);
      response.end("ok");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, seen };
}

const POLICY = [
  "version: 2",
  "rules:",
  "  - { id: masked, effect: allow_with_redaction, capability: network_request, cidr: ['127.0.0.0/8'], redact: [pii] }",
  "  - { id: sh, effect: allow, capability: shell_command, tainted: any }",
  "",
].join("\n");

describe("a request that a rule wants masked", () => {
  it("leaves without what its body and headers held", async () => {
    const { port, seen } = await startSink();
    const engine = await openEngine({ policy: POLICY });
    const result = await engine.call("fetch", {
      url: `http://127.0.0.1:${port}/form`,
      method: "POST",
      headers: { "x-from": MAIL },
      body: `mail ${MAIL} now`,
    });
    expect(result).toMatchObject({ ok: true, decision: "allow_with_redaction" });
    expect(seen).toHaveLength(1);
    expect(seen[0]).not.toContain(MAIL);
    expect(seen[0]).toContain("mail [EMAIL_");
  });

  it("is not sent when its address holds such data", async () => {
    const { port, seen } = await startSink();
    const engine = await openEngine({ policy: POLICY });
    const result = await engine.call("fetch", { url: `http://127.0.0.1:${port}/?who=${MAIL}` });
    expect(result).toMatchObject({ ok: false, output: null, error: { code: "REDACTION_FAILED" } });
    expect(seen).toEqual([]);
  });

  it("is no way out for a command", async () => {
    const { port, seen } = await startSink();
    const engine = await openEngine({ policy: POLICY });
    const result = await engine.call("shell", { command: "true", hosts: [`127.0.0.1:${port}`] });
    expect(result).toMatchObject({ ok: false, output: null });
    expect(seen).toEqual([]);
  });
});
