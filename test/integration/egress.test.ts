import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AuditEvent } from "../../audit/mod.ts";
import { DEFAULT_POLICY } from "../../policy/mod.ts";
import { type Engine, type EngineOptions, openEngine } from "../support/engine.ts";
import { recordOf } from "../support/record.ts";

const VALUE = "fake-Secret-Value-4711-not-real";
const HANDLE = "handle://file/demo/token";

interface Served {
  readonly port: number;
  readonly seen: { readonly method: string; readonly url: string; readonly authorization: string }[];
}

// Answers `/away` with a redirect to another port of this machine.
async function serve(away = 1): Promise<Served> {
  const seen: Served["seen"] = [];
  const server = createServer((request, response) => {
    seen.push({
      method: request.method ?? "",
      url: request.url ?? "",
      authorization: request.headers.authorization ?? "",
    });
    if (request.url === "/away") response.writeHead(302, { location: `http://127.0.0.1:${away}/inside` }).end();
    else response.end("hello\n");
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, seen };
}

const LOOPBACK =
  `{ id: loopback, effect: allow, capability: network_request, cidr: ["127.0.0.0/8"], methods: [CONNECT, GET], tainted: any }`;

function policyWith(...rules: readonly string[]): string {
  return DEFAULT_POLICY.replace("tests:\n", `${rules.map((rule) => `  - ${rule}\n`).join("")}tests:\n`);
}

function open(rules: readonly string[], more: Partial<EngineOptions> = {}): Promise<Engine> {
  return openEngine({ policy: policyWith(...rules), ...more });
}

// The records of requests that a command made, without those of the command itself.
async function requestsOf(engine: Engine): Promise<readonly AuditEvent[]> {
  return (await recordOf(engine)).filter((event) => event.parent_id !== null && event.parent_id !== undefined);
}

describe("shell with hosts", () => {
  it("is denied a host that no rule names, and the host that a rule names by CONNECT alone is no plain one", async () => {
    const { port, seen } = await serve();
    const denied = await (await open([])).call("shell", { command: "true", hosts: [`127.0.0.1:${port}`] });
    expect(denied).toMatchObject({ ok: false, decision: "deny", error: { code: "POLICY_DENY" } });
    const engine = await open([LOOPBACK.replace(", GET", "")]);
    const command = `curl -sS -o /dev/null -w '%{http_code}' http://127.0.0.1:${port}/`;
    const ran = await engine.call("shell", { command, hosts: [`127.0.0.1:${port}`] });
    expect(ran).toMatchObject({ ok: true, output: "403" });
    expect(seen).toEqual([]);
  });

  it("leaves a record of each request, refused ones and redirects too", async () => {
    const inner = await serve();
    const { port, seen } = await serve(inner.port);
    const engine = await open([LOOPBACK]);
    const origin = `http://127.0.0.1:${port}`;
    const command = [
      `curl -sS ${origin}/a?token=private`,
      `curl -sSL -o /dev/null -w '%{http_code}\\n' ${origin}/away`,
      `curl -sS -X POST -d x -o /dev/null -w '%{http_code}\\n' ${origin}/post`,
      `curl -sSp ${origin}/tunnel`,
    ].join("; ");
    const ran = await engine.call("shell", { command, hosts: [`127.0.0.1:${port}`] });
    expect(ran).toMatchObject({ ok: true, output: "hello\n403\n403\nhello\n" });
    expect(seen.map(({ url }) => url)).toEqual(["/a?token=private", "/away", "/tunnel"]);
    expect(inner.seen).toEqual([]);
    const events = await requestsOf(engine);
    const intents = events.filter(({ event }) => event === "intent");
    expect(intents.map(({ decision, capability, actions }) => [decision, capability, actions?.[0]?.target])).toEqual([
      ["allow", "network_request", `GET ${origin}/a`],
      ["allow", "network_request", `GET ${origin}/away`],
      ["deny", "network_request", `GET http://127.0.0.1:${inner.port}/inside`],
      ["deny", "network_request", `POST ${origin}/post`],
      ["allow", "network_request", `CONNECT https://127.0.0.1:${port}/`],
    ]);
    // Each that was allowed has its end on record, before that of the command.
    for (const intent of intents) {
      const ends = events.filter(({ event, execution_id: id }) => event === "result" && id === intent.execution_id);
      expect(ends.length).toBe(intent.decision === "allow" ? 1 : 0);
    }
    expect((await recordOf(engine)).at(-1)?.call).toBe(ran.call);
    expect((await recordOf(engine)).at(-1)?.parent_id ?? null).toBeNull();
  });

  it("reaches no address that only a name allows", async () => {
    const { port, seen } = await serve();
    const engine = await open([
      `{ id: named, effect: allow, capability: network_request, hosts: ["docs.localhost"], tainted: any }`,
    ]);
    const command = `curl -sS -o /dev/null -w '%{http_code}' http://docs.localhost:${port}/`;
    // curl itself takes such names for this machine; through the proxy they are what the system says.
    const ran = await engine.call("shell", {
      command: command.replace("curl", "curl --noproxy ''"),
      hosts: [`docs.localhost:${port}`],
    });
    expect(ran.output).toBe("403");
    expect(seen).toEqual([]);
    const [intent] = await requestsOf(engine);
    expect(intent).toMatchObject({ event: "intent", decision: "deny" });
  });

  it("asks no second question, and takes no answer for what was not in the first", async () => {
    const { port, seen } = await serve();
    const engine = await open([
      `{ id: inside, effect: requires_approval, capability: network_request, cidr: ["127.0.0.0/8"], reason: look }`,
      `{ id: posting, effect: requires_approval, capability: network_request, cidr: ["127.0.0.0/8"], methods: [POST], reason: look }`,
    ], { person: "yes" });
    const url = `http://127.0.0.1:${port}/`;
    const command = `curl -sS ${url}; curl -sS -X POST -d x -o /dev/null -w '%{http_code}' ${url}`;
    const ran = await engine.call("shell", { command, hosts: [`127.0.0.1:${port}`] });
    expect(ran).toMatchObject({ ok: true, output: "hello\n403", approved: "once" });
    expect(engine.questions.length).toBe(1);
    expect(seen.map(({ method }) => method)).toEqual(["GET"]);
  });
});

async function setUp(bind: readonly object[], ...rules: readonly string[]): Promise<Engine> {
  const use =
    `{ id: use, effect: allow, capability: secret_handle_usage, secrets: ["${HANDLE}"], tainted: any, cidr: ["127.0.0.0/8"] }`;
  const setup = await open([LOOPBACK, use, ...rules]);
  const file = join(dirname(setup.home), "token");
  writeFileSync(file, VALUE, { mode: 0o600 });
  return await openEngine({ beside: setup, config: { secrets: { [HANDLE]: { file, bind } } } });
}

describe("shell with hosts and secrets", () => {
  it("lets a command use a value that it never has, towards the bound host alone", async () => {
    const [bound, other] = [await serve(), await serve()];
    const engine = await setUp([{ host: `127.0.0.1:${bound.port}`, slot: "bearer" }]);
    const header = '-H "Authorization: Bearer $TOKEN"';
    const command = [
      `curl -sS ${header} http://127.0.0.1:${bound.port}/`,
      `curl -sS ${header} -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:${other.port}/`,
      `printf '%s\\n' "$TOKEN" | cut -c1-5`,
      'printf %s "$TOKEN" >kept.log',
    ].join("; ");
    const hosts = [`127.0.0.1:${bound.port}`, `127.0.0.1:${other.port}`];
    const ran = await engine.call("shell", { command, hosts, secrets: { TOKEN: HANDLE } });
    expect(ran).toMatchObject({ ok: true, output: "hello\n403\nazph_\n" });
    expect(bound.seen).toMatchObject([{ authorization: `Bearer ${VALUE}` }]);
    expect(other.seen).toEqual([]);
    const events = await recordOf(engine);
    const [first] = events.filter(({ event, parent_id: parent }) => event === "intent" && (parent ?? null) !== null);
    expect(first?.actions?.map(({ capability }) => capability)).toEqual(["network_request", "secret_handle_usage"]);
    expect(first?.secret_handles).toEqual([HANDLE]);
    expect(JSON.stringify([engine.events, events])).not.toContain(VALUE);
  });

  it.each([
    ["bound to another host", [{ host: "127.0.0.1:1", slot: "bearer" }], "no host of the call is bound"],
    ["bound to a program", [{ slot: "env:TOKEN", command: "/usr/bin/curl" }], "no host of the call is bound"],
    ["bound to nothing", [], "no host of the call is bound"],
  ])("refuses a value that is %s", async (_, bind, message) => {
    const { port, seen } = await serve();
    const engine = await setUp(bind);
    const ran = await engine.call("shell", {
      command: "touch ran",
      hosts: [`127.0.0.1:${port}`],
      secrets: { TOKEN: HANDLE },
    });
    expect(ran).toMatchObject({
      ok: false,
      error: { code: "SECRET_PLACE", message: expect.stringContaining(message) },
    });
    expect(seen).toEqual([]);
  });

  it("says why it cannot put a value into TLS", async () => {
    const engine = await setUp([{ host: "api.example.com:443", slot: "bearer" }]);
    const ran = await engine.call("shell", {
      command: "true",
      hosts: ["api.example.com:443"],
      secrets: { TOKEN: HANDLE },
    });
    expect(ran).toMatchObject({
      ok: false,
      error: {
        code: "SECRET_PLACE",
        message: expect.stringContaining("inside TLS the proxy cannot put the value in"),
        hint: expect.stringContaining("fetch"),
      },
    });
  });
});
