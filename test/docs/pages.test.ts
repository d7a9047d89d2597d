import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandTree } from "../../cli/program.ts";
import { DOCS } from "../support/guide.ts";

const ROOT = join(DOCS, "..");
const pages = [
  ...readdirSync(DOCS).filter((name) => name.endsWith(".md")).map((name) => join(DOCS, name)),
  ...["README.md", "SECURITY.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map((name) => join(ROOT, name)),
];

describe("docs", () => {
  it.each(pages.map((page) => page.slice(ROOT.length + 1)))("%s has links that lead somewhere", (name) => {
    const text = readFileSync(join(ROOT, name), "utf8").replaceAll(/^```[\s\S]*?^```$/gm, "");
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link).filter((link) =>
      !/^\w+:/.test(link)
    );
    const dead = links.filter((link) => {
      const [path = "", anchor] = link.split("#");
      const file = path === "" ? join(ROOT, name) : join(ROOT, dirname(name), path);
      return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
    });
    expect(dead).toEqual([]);
  });

  it.each(["SECURITY.md", "README.md", "docs/threat-model.md"])("%s names tests that exist", (name) => {
    const named = [...readFileSync(join(ROOT, name), "utf8").matchAll(/`(test\/[^`*]+)`/g)].map(([, path = ""]) =>
      path
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("has a test, a mechanism and a limit for each guarantee of the threat model", () => {
    const text = readFileSync(join(DOCS, "threat-model.md"), "utf8");
    const parts = text.split(/^## /m).slice(1).filter((part) => !/^(?:Outside|Attacks on)/.test(part));
    expect(parts.length).toBeGreaterThan(8);
    for (const part of parts) {
      for (const word of ["Attacker", "Mechanism", "Limit", "Test"]) expect(part).toContain(`- **${word}**: `);
    }
  });

  it("names for each attack on a session a test of that title", () => {
    const text = readFileSync(join(DOCS, "threat-model.md"), "utf8");
    const rows = [...text.matchAll(/^\| (injection|leak|approval|engine) \| .* \| `(.+)`: \*(.+)\* \|$/gm)];
    expect(new Set(rows.map(([, kind]) => kind)).size).toBe(4);
    expect(rows.length).toBeGreaterThan(20);
    const missing = rows.filter(([, , path = "", title = ""]) =>
      !readFileSync(join(ROOT, path), "utf8").includes(title)
    );
    expect(missing.map(([row]) => row)).toEqual([]);
  });

  it("has no line that an interactive shell would change: a `!` between double quotes is its history", () => {
    const changed = pages.flatMap((page) =>
      [...readFileSync(page, "utf8").matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) =>
        block.split("\n").filter((line) => /^agentzero [^']*"[^"]*![^" =(]/.test(line)).map((line) =>
          `${page}: ${line}`
        )
      )
    );
    expect(changed).toEqual([]);
  });

  it("is all in the index", () => {
    const index = readFileSync(join(DOCS, "README.md"), "utf8");
    const missing = readdirSync(DOCS).filter((name) => name.endsWith(".md") && name !== "README.md")
      .filter((name) => !index.includes(`(${name})`));
    expect(missing).toEqual([]);
  });

  it("names only commands that exist", async () => {
    const tree = await commandTree();
    const groups = new Map(tree.commands.map((command) => [command.name(), command.commands.map((one) => one.name())]));
    const unknown = pages.flatMap((page) =>
      [...readFileSync(page, "utf8").matchAll(/\bagentzero (?:--\w+ \S+ )?([a-z]+)(?: ([a-z]+))?/g)]
        .filter(([whole, group = "", name]) => {
          const names = groups.get(group);
          if (names === undefined) return whole.includes("`agentzero ");
          return name !== undefined && names.length > 0 && !names.includes(name);
        }).map(([whole]) => `${page}: ${whole}`)
    );
    expect(unknown).toEqual([]);
  });
});

/** Anchors of a page as GitHub makes them. */
function anchorsOf(file: string): readonly string[] {
  return [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}
