import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AuditEvent, listSessionFiles } from "../../../audit/mod.ts";
import { openEditor } from "../../support/acp.ts";
import { recordAt } from "../../support/acp-record.ts";
import { runHere } from "../../support/command-line.ts";

const TURNS = `
- text: "looking"
  calls:
    - {tool: read, args: {path: README.md}}
    - {tool: read, args: {path: .env}}
    - {tool: read, args: {path: /etc/passwd}}
    - {tool: write, args: {path: out.txt, content: "x"}}
    - {tool: shell, args: {command: "cat README.md"}}
    - {tool: shell, args: {command: "echo made > made.txt"}}
    - {tool: fetch, args: {url: "https://example.test/"}}
    - {tool: nothing, args: {}}
- text: "done"
`;

/** What was decided, without what differs from run to run. */
function decisions(events: readonly AuditEvent[], project: string): readonly unknown[] {
  const made = events.filter(({ event }) => event === "intent").map((event) => {
    const { tool, capability, classification, actions, decision, rule, layer, reason, tainted, runtime } = event;
    return { tool, capability, classification, actions, decision, rule, layer, reason, tainted, runtime };
  });
  return JSON.parse(JSON.stringify(made).replaceAll(project, "PROJECT").replaceAll(dirname(project), "BASE"));
}

describe("the front door", () => {
  it("changes no decision: the same prompt leaves the same ones on the command line and in an editor", async () => {
    const files = { ".env": "TOKEN=fake-token-fake-token\n" };
    const editor = await openEditor({ files, script: TURNS });
    const session = await editor.open();
    await editor.prompt(session, "do it");
    await editor.close();
    const there = decisions(await recordAt(editor, session), editor.project);

    const shell = await openEditor({ files });
    const script = join(dirname(shell.project), "cli.yml");
    writeFileSync(script, TURNS);
    await runHere(["run", "do it", "--provider", "script", "--script", script, "--output", "json"], shell);
    const [own] = listSessionFiles(join(shell.project, ".agentzero/audit"));
    const here = decisions(await recordAt(shell, own?.session ?? ""), shell.project);

    expect(here.length).toBeGreaterThanOrEqual(8);
    expect(there).toEqual(here);
  });
});
