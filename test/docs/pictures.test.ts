import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { SCENES, SCRIPT } from "../pictures/scenes.ts";
import { screenSvg, svgText } from "../pictures/screen-svg.ts";
import { steady } from "../pictures/steady.ts";
import { runHere } from "../support/command-line.ts";
import { DOCS } from "../support/guide.ts";
import { sharedDir } from "../support/temp-dir.ts";

const PICTURES = join(DOCS, "pictures");
const MAX_BYTES = 40 * 1_024;

function pictureOf(name: string): string {
  return readFileSync(join(PICTURES, `${name}.svg`), "utf8");
}

describe("docs/pictures", () => {
  let printed = "";
  beforeAll(async () => printed = await printedToday());

  it.each(SCENES.map((scene) => [scene.name, scene] as const))(
    "%s shows what the program prints today",
    (name, scene) => {
      const picture = svgText(pictureOf(name)).join("\n").replaceAll(/\s+/g, " ");
      expect(scene.phrases.filter((phrase) => !picture.includes(phrase))).toEqual([]);
      // Run `npm run pictures` where a phrase was changed.
      expect(scene.phrases.filter((phrase) => !printed.includes(phrase))).toEqual([]);
    },
  );

  it.each(SCENES.map(({ name, title }) => [name, title]))(
    "%s is small, needs nothing from elsewhere, and runs nothing",
    (name, title) => {
      const svg = pictureOf(name);
      expect(statSync(join(PICTURES, `${name}.svg`)).size).toBeLessThanOrEqual(MAX_BYTES);
      expect(svg).toContain(`<title>${title}</title>`);
      expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
        /<(?!\/?(?:svg|title|style|rect|text|tspan)\b)|<[^>]*(?:\bon\w+=|href|url\()|<style>[^<]*(?:url|@|\\)/,
      );
      expect(svgText(svg)).toEqual(steady(svgText(svg)));
    },
  );

  it("are all of a scene, and all shown somewhere, with a text for those who cannot see them", () => {
    expect(readdirSync(PICTURES).toSorted()).toEqual(SCENES.map(({ name }) => `${name}.svg`).toSorted());
    const pages = [
      join(DOCS, "../README.md"),
      ...readdirSync(DOCS).filter((name) => name.endsWith(".md")).map((name) => join(DOCS, name)),
    ];
    const shown = pages.flatMap((page) =>
      [...readFileSync(page, "utf8").matchAll(/!\[([^\]]{20,})\]\(\S*pictures\/(\w+)\.svg\)/g)].map(([, , name]) =>
        name
      )
    );
    expect(SCENES.filter(({ name }) => !shown.includes(name))).toEqual([]);
  });
});

describe("screenSvg()", () => {
  it("keeps text, colours and places, and nothing that a browser would run", () => {
    const lines = ["\u001b[1m\u001b[31merror:\u001b[0m  <script>&", "", "  \u001b[2mdim\u001b[22m x"];
    const svg = screenSvg({ lines, columns: 20, title: "a <b>" });
    expect(svg).toContain('class="c1 b">error:</tspan>');
    expect(svg).toContain("&lt;script&gt;&amp;</tspan>");
    expect(svg).toContain('x="30.8" textLength="25.2" class="d">dim</tspan>');
    expect(svg).toContain("<title>a &lt;b&gt;</title>");
    expect(svgText(svg)).toEqual(["error: <script>&", "dim x"]);
  });
});

/** What the program prints for the scenes, in this process, without colours, blanks folded. */
async function printedToday(): Promise<string> {
  const base = sharedDir({
    "shop/src/tax.js": "// per cent\nexport const rate = 19;\n",
    "shop/.env": "PAYMENT_KEY=not-a-real-key\n",
    "shop/turns.yml": SCRIPT,
  });
  mkdirSync(join(base, "me"));
  const at = { project: join(base, "shop"), home: join(base, "me/.agentzero") };
  const shell = ["call", "shell", '{"command":"sed -i s/19/20/ src/tax.js"}'];
  const all = [
    await runHere(["demo"], { ...at, person: () => "" }),
    await runHere(["init"], at),
    await runHere(["policy", "explain", "file_read", "--path", ".env"], at),
    await runHere(["policy", "explain", "shell_command", "--command", "git status"], at),
    await runHere(["audit", "tail"], at),
    await runHere(shell, { ...at, person: () => "y" }),
    await runHere(["audit", "verify", "--all"], at),
  ];
  const folder = join(at.project, ".agentzero/audit");
  for (const name of readdirSync(folder).filter((file) => file.startsWith("ses_"))) {
    const lines = readFileSync(join(folder, name), "utf8").split("\n");
    writeFileSync(join(folder, name), lines.toSpliced(3, 1).join("\n"));
  }
  all.push(await runHere(["audit", "verify", "--all"], at));
  expect(all.map(({ exit }) => exit)).toEqual([0, 0, 0, 0, 0, 0, 0, 7]);
  const text = all.map(({ stdout, stderr }) => stdout + stderr).join("\n");
  return stripVTControlCharacters(text).replaceAll(/\s+/g, " ");
}
