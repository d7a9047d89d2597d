import { describe, expect, it } from "vitest";
import { openEngine } from "../support/engine.ts";

const POLICY = `version: 2
rules:
  - { id: shell, effect: allow, capability: shell_command, cwd: ["\${project}/**"], tainted: any }
  - { id: read-src, effect: allow, capability: file_read, paths: ["\${project}/src/**"], tainted: any }
  - { id: ask-notes, effect: requires_approval, capability: file_read, paths: ["\${project}/notes/**"], reason: look }
  - { id: no-keys, effect: deny, capability: file_read, paths: ["\${project}/src/keys/**"], reason: closed }
`;

const FILES = {
  "src/a.txt": "needle-src",
  "src/keys/k.txt": "needle-key",
  "notes/n.txt": "needle-note",
  "docs/d.txt": "needle-doc",
  "top.txt": "needle-top",
};

describe("what a command sees of the project", () => {
  it("is what `read` gives without a question, and nothing else", async () => {
    const engine = await openEngine({ policy: POLICY, files: FILES, person: "nobody" });
    const shown = await engine.call("shell", {
      command: "cat $(find . -path ./.agentzero -prune -o -type f -print); true",
    });
    for (const [path, text] of Object.entries(FILES)) {
      const read = await engine.call("read", { path });
      expect([path, shown.output?.includes(text)]).toEqual([path, read.ok]);
    }
    expect(shown.output).toContain("needle-src");
  });

  it("can be worked on although most of it is closed", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 400 }, (_, at) => [`docs/d${at % 7}/f${at}.txt`, "needle-doc"]),
    );
    const engine = await openEngine({ policy: POLICY, files: { ...FILES, ...many }, person: "nobody" });
    const ran = await engine.call("shell", {
      command: "cat src/a.txt; ls docs; grep -rsc needle-doc . | grep -v ':0'",
    });
    expect(ran).toMatchObject({ output: "needle-src" });
  });
});
