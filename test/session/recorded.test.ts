import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type AuditEvent, listSessionFiles, readSession } from "../../audit/mod.ts";
import { openInstallation } from "../../cli/compose/installation.ts";
import { contextIn } from "../support/context.ts";
import { type Engine, openEngine } from "../support/engine.ts";
import { startModelServer } from "../support/model-server.ts";

async function eventsOf(engine: Engine): Promise<readonly AuditEvent[]> {
  const { keys } = await openInstallation(contextIn(engine.project, engine.home));
  const events: AuditEvent[] = [];
  for (const files of listSessionFiles(join(engine.project, ".agentzero", "audit"))) {
    if (files.session !== engine.composed.session.id) continue;
    await readSession(files, (kid) => keys.auditBoxSecret(kid), ({ event }) => event !== null && events.push(event));
  }
  return events;
}

describe("what a session records besides its calls", () => {
  it("names rules that changed under way, and an edit that was not taken over", async () => {
    const engine = await openEngine();
    const file = join(engine.home, "policy.yml");
    await engine.call("read", { path: "README.md" });
    const rule = '{ id: no-readme, effect: deny, capability: file_read, paths: ["**/README.md"] }';
    writeFileSync(file, `version: 2\nrules:\n  - ${rule}\n`, { mode: 0o600 });
    expect((await engine.call("read", { path: "README.md" })).rule).toBe("no-readme");
    writeFileSync(file, "version: 2\nrules: [broken\n", { mode: 0o600 });
    expect((await engine.call("read", { path: "README.md" })).rule).toBe("no-readme");
    await engine.call("read", { path: "README.md" });
    await engine.close();
    const events = await eventsOf(engine);
    expect(events.map(({ event }) => event).filter((name) => name.startsWith("policy."))).toEqual([
      "policy.load",
      "policy.reload_failed",
    ]);
    const load = events.findIndex(({ event }) => event === "policy.load");
    // It stands before the first decision that rests on it.
    expect(events[load + 1]).toMatchObject({ event: "intent", rule: "no-readme", policy: events[load]?.policy });
    expect(events[0]?.policy).not.toBe(events[load]?.policy);
  });

  it("names an answer that is remembered, and how far it reaches", async () => {
    const engine = await openEngine({
      person: ({ digest }) => Promise.resolve({ kind: "allowed", scope: "session", subject: digest, only: null }),
    });
    expect((await engine.call("write", { path: "a.txt", content: "x" })).ok).toBe(true);
    await engine.close();
    const events = await eventsOf(engine);
    expect(events.map(({ event }) => event)).toEqual([
      "session.start",
      "intent",
      "approval",
      "grant.change",
      "result",
      "session.end",
    ]);
    expect(events[3]).toMatchObject({
      capability: "file_write",
      approval: { scope: "session", answer: "allow" },
      actions: [{ capability: "file_write", target: expect.stringContaining("a.txt"), decision: "allow" }],
    });
    expect(events[0]?.reason).toContain("scanner ready");
  });

  it("says of each reply of the model that it was read to its end", async () => {
    const engine = await openEngine({
      script: "- { calls: [{ tool: read, args: { path: README.md } }] }\n- { text: done }\n",
    });
    expect((await engine.submit("go")).ok).toBe(true);
    await engine.close();
    const events = await eventsOf(engine);
    const asked = events.filter(({ capability }) => capability === "model_call").map(({ execution_id: id }) => id);
    expect(asked).toHaveLength(2);
    const replies = events.filter(({ event, execution_id: id }) => event === "result" && asked.includes(id));
    expect(replies.map(({ result }) => result?.status)).toEqual(["ok", "ok"]);
  });

  it("names the folder of a command that starts elsewhere than in the project", async () => {
    const engine = await openEngine({ files: { "src/a.ts": "" } });
    await engine.call("shell", { command: "cd src && ls -l" });
    await engine.call("shell", { command: "ls $(pwd)", cwd: "src" });
    await engine.call("shell", { command: "ls" });
    await engine.close();
    const intents = (await eventsOf(engine)).filter(({ event }) => event === "intent");
    expect(intents.map(({ actions }) => actions?.[0]?.target)).toEqual([
      "cd src && ls -l",
      "cd src && ls $(pwd)",
      "ls",
    ]);
  });

  it("names where a request went and what came back", async () => {
    const server = await startModelServer((_, response) => response.writeHead(404).end("no"));
    onTestFinished(() => server.close());
    const rule = '{ id: near, effect: allow, capability: network_request, cidr: ["127.0.0.0/8"], tainted: any }';
    const engine = await openEngine({ policy: `version: 2\nrules:\n  - ${rule}\n` });
    await engine.call("fetch", { url: `http://127.0.0.1:${server.port}/a` });
    await engine.close();
    const result = (await eventsOf(engine)).find(({ event }) => event === "result");
    expect(result?.network).toEqual({
      host: "127.0.0.1",
      ip: "127.0.0.1",
      port: server.port,
      method: "GET",
      status: 404,
    });
  });

  it("says whether what a rule asked to be done to the data was done", async () => {
    const rule = '{ id: masked, effect: allow_with_redaction, capability: file_read, paths: ["**"], redact: [pii] }';
    const engine = await openEngine({
      policy: `version: 2\nrules:\n  - ${rule}\n`,
      files: { "a.txt": "mail ada@mail.example.org\n" },
    });
    expect((await engine.call("read", { path: "a.txt" })).output).not.toContain("ada@");
    await engine.close();
    const events = await eventsOf(engine);
    expect(events.find(({ event }) => event === "intent")?.obligations).toEqual({ redact: ["pii"] });
    expect(events.find(({ event }) => event === "result")?.obligations).toEqual({ redact: ["pii"], met: true });
  });
});
