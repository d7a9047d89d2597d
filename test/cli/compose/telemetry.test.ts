import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openInstallation } from "../../../cli/compose/installation.ts";
import { type AuditEvent, listSessionFiles, readSession, verify } from "../../../audit/mod.ts";
import { contextIn } from "../../support/context.ts";
import { type Engine, openEngine } from "../../support/engine.ts";
import { type ModelHandler, type ModelServer, startModelServer } from "../../support/model-server.ts";

const ALLOWED = policy(
  '{ id: telemetry, effect: allow, capability: network_request, cidr: ["127.0.0.0/8"], methods: [POST] }',
);

function policy(...rules: readonly string[]): string {
  const own = '{ id: read, effect: allow, capability: file_read, paths: ["${project}/**"] }';
  return ["version: 2", "rules:", ...[own, ...rules].map((rule) => `  - ${rule}`), ""].join("\n");
}

async function collector(answer: ModelHandler = (_, response) => response.end("{}")): Promise<ModelServer> {
  const server = await startModelServer(answer);
  onTestFinished(() => server.close());
  return server;
}

function configFor(port: number): { readonly telemetry: unknown } {
  return { telemetry: { otlp: { endpoint: `http://127.0.0.1:${port}` } } };
}

/** One session that reads a file: `session.start`, `telemetry.start`, intent, result, `session.end`. */
async function session(config: Readonly<Record<string, unknown>>, beside?: Engine, rules = ALLOWED): Promise<Engine> {
  const engine = await openEngine({ config, policy: rules, ...(beside === undefined ? {} : { beside }) });
  expect((await engine.call("read", { path: "README.md" })).ok).toBe(true);
  return engine;
}

interface Seen {
  readonly names: readonly string[];
  readonly keys: readonly string[];
}

function seenBy({ requests }: ModelServer): Seen {
  const records = requests.flatMap(({ body }) => [...body.matchAll(/"eventName":"agentzero\.([a-z._]+)"/g)]);
  const keys = requests.flatMap(({ body }) => [...body.matchAll(/"stringValue":"(ses_[0-9A-Z]{26}\+[0-9]+)"/g)]);
  return { names: records.map((match) => match[1] ?? ""), keys: keys.map((match) => match[1] ?? "") };
}

/** Waits until so many events arrived: the end of a session gives up after a second, which a loaded machine may need. */
async function got(server: ModelServer, count: number): Promise<void> {
  await expect.poll(() => seenBy(server).names.length).toBeGreaterThanOrEqual(count);
}

async function recordOf(engine: Engine): Promise<readonly AuditEvent[]> {
  const { keys } = await openInstallation(contextIn(engine.project, engine.home));
  const events: AuditEvent[] = [];
  for (const files of listSessionFiles(join(engine.project, ".agentzero", "audit")).toReversed()) {
    await readSession(files, (kid) => keys.auditBoxSecret(kid), ({ event }) => event !== null && events.push(event));
  }
  return events;
}

describe("openTelemetry()", () => {
  it("sends the record of a session, metadata only, after that was decided and recorded", async () => {
    const server = await collector();
    const engine = await session(configFor(server.port));
    await got(server, 3);
    await engine.close();
    expect(seenBy(server).names.slice(0, 3)).toEqual(["session.start", "intent", "result"]);
    const [first] = server.requests;
    expect([first?.method, first?.path, first?.headers["content-type"]]).toEqual([
      "POST",
      "/v1/logs",
      "application/json",
    ]);
    expect(first?.body).not.toMatch(/README|Sample/);
    const start = (await recordOf(engine)).find(({ event }) => event === "telemetry.start");
    expect(start).toMatchObject({
      decision: "allow",
      rule: "telemetry",
      capability: "network_request",
      network: { host: "127.0.0.1", port: server.port, method: "POST" },
    });
    const { keys } = await openInstallation(contextIn(engine.project, engine.home));
    const dir = join(engine.project, ".agentzero", "audit");
    const report = await verify({
      dir,
      home: engine.home,
      project: engine.project,
      identity: keys.auditSign.publicKey,
      secretOf: (kid) => keys.auditBoxSecret(kid),
    });
    expect(report.ok).toBe(true);
  });

  it("is off unless the person's own configuration names a receiver", async () => {
    const server = await collector();
    const engine = await session({});
    await engine.close();
    const file = join(engine.project, ".agentzero", "config.yml");
    writeFileSync(file, JSON.stringify({ v: 1, ...configFor(server.port) }));
    await (await session({}, engine)).close();
    expect(server.requests).toEqual([]);
    expect((await recordOf(engine)).map(({ event }) => event)).not.toContain("telemetry.start");
  });

  it.for(
    [
      ["no rule", policy(), "deny", "floor.address"],
      ["a deny", policy("{ id: none, effect: deny, capability: network_request }"), "deny", "floor.address"],
      [
        "a question that nobody can answer",
        policy(
          '{ id: ask, effect: requires_approval, capability: network_request, cidr: ["127.0.0.0/8"], reason: look }',
        ),
        "requires_approval",
        "ask",
      ],
      [
        "a rule for the name alone, which leads inside",
        policy('{ id: name, effect: allow, capability: network_request, hosts: ["collector.localhost"] }'),
        "allow",
        "name",
      ],
    ] as const,
  )("connects to nothing under %s, and says so in the record", async ([, rules, decision, rule]) => {
    let connections = 0;
    const server = await collector();
    const host = rule === "name" ? "collector.localhost" : "127.0.0.1";
    const config = { telemetry: { otlp: { endpoint: `http://${host}:${server.port}/v1/logs` } } };
    const engine = await session(config, undefined, rules);
    await engine.close();
    connections += server.requests.length + server.open;
    expect(connections).toBe(0);
    const starts = (await recordOf(engine)).filter(({ event }) => event === "telemetry.start");
    expect(starts).toMatchObject([{ decision, rule }]);
  });

  it("loses nothing while the receiver is down, and sends it with the next session", async () => {
    // Nobody listens there. Not one that was just closed: another test may have taken its port.
    const first = await session(configFor(1));
    await first.close();
    const up = await collector();
    const second = await session(configFor(up.port), first);
    await got(up, 7);
    await second.close();
    const { names, keys } = seenBy(up);
    expect(names.slice(0, 7)).toEqual(
      ["session.start", "intent", "result", "session.end", "session.start", "intent", "result"],
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("does not hold up the end of a session whose receiver never answers", async () => {
    const server = await collector(() => undefined);
    const engine = await session(configFor(server.port));
    const start = performance.now();
    await engine.close();
    // The receiver would hold it up for ever.
    expect(performance.now() - start).toBeLessThan(30_000);
    expect(server.requests.length).toBe(1);
    const up = await collector();
    const next = await session(configFor(up.port), engine);
    await got(up, 7);
    await next.close();
  });

  it.for([429, 503])("tries again after %s, as often as it takes", async (status) => {
    const answers = [status, status];
    const server = await collector((_, response) => {
      const code = answers.shift() ?? 200;
      response.writeHead(code, code === 200 ? {} : { "retry-after": "0" }).end();
    });
    const engine = await session(configFor(server.port));
    await expect.poll(() => seenBy(server).names).toContain("result");
    await engine.close();
    const counts = new Map<string, number>();
    for (const key of seenBy(server).keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    expect(counts.size).toBeGreaterThanOrEqual(3);
  });

  it("records what a receiver refuses for good", async () => {
    const server = await collector((_, response) => response.writeHead(400).end());
    const engine = await session(configFor(server.port));
    await expect.poll(() => server.requests.length).toBeGreaterThan(0);
    await expect.poll(async () => (await recordOf(engine)).map(({ event }) => event))
      .toContain("telemetry.dropped");
    await engine.close();
    const dropped = (await recordOf(engine)).find(({ event }) => event === "telemetry.dropped");
    expect(dropped).toMatchObject({
      reason: expect.stringMatching(/answered 400 to \d events/),
      network: { status: 400 },
    });
    expect(readFileSync(join(engine.project, ".agentzero", "audit", "otlp.cursor"), "utf8")).toMatch(
      /"seq":[4-6]\}\n$/,
    );
  });

  it("stops when the rules no longer allow it, and records the new decision", async () => {
    const server = await collector();
    const engine = await openEngine({ config: configFor(server.port), policy: policy() });
    const rule =
      '{ id: telemetry, effect: allow, capability: network_request, cidr: ["127.0.0.0/8"], methods: [POST] }';
    writeFileSync(join(engine.home, "policy.yml"), `version: 2\nrules:\n  - ${rule}\n`, { mode: 0o600 });
    await engine.call("read", { path: "README.md" });
    await engine.close();
    const starts = (await recordOf(engine)).filter(({ event }) => event === "telemetry.start");
    expect(starts.map(({ decision }) => decision)).toEqual(["deny"]);
    expect(server.requests).toEqual([]);
  });
});
