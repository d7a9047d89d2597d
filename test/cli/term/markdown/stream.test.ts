import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMarkdownStream } from "../../../../cli/term/markdown/stream.ts";
import { PLAIN, styleFor } from "../../../../cli/term/style.ts";

const SAMPLE = `# Title

Some *em* and **bold** with \`code\` and a [link](http://example.test/z).

- a
- b is long
  - nested
- c

1. one
2. two

\`\`\`js
let x = 1;

# no heading
\`\`\`

> quoted
> more

| a | b |
|---|---|
| 1 | 22 |

![a picture](http://example.test/p.png)
`;

function shown(source: string, step: number, columns = 60): string {
  const stream = createMarkdownStream(() => ({ columns, style: PLAIN }));
  let out = "";
  for (let at = 0; at < source.length; at += step) {
    stream.push(source.slice(at, at + step));
    out += stream.take();
    stream.tail();
  }
  return out + stream.end();
}

describe("createMarkdownStream()", () => {
  it("writes out the host that an address of foreign letters leads to", () => {
    // The fourth letter is Cyrillic.
    const text =
      "[docs](http://me@ex\u0430mple.test:81/\u0430?x) <http://ex\u0430mple.test/> [a](https://example.test/\u00e4)\n";
    const lines = shown(text, text.length, 200);
    expect(lines).toContain("docs (http://me@xn--exmple-4nf.test:81/\u0430?x)");
    expect(lines).toContain("(http://xn--exmple-4nf.test/)");
    expect(lines).toContain("a (https://example.test/\u00e4)");
  });

  it("draws headings, lists, code, quotes, tables, links and images as plain lines", () => {
    expect(shown(SAMPLE, SAMPLE.length)).toBe(`# Title

Some *em* and bold with \`code\` and a link
(http://example.test/z).

- a
- b is long
  - nested
- c

1. one
2. two

  let x = 1;

  # no heading

| quoted
| more

a | b
--|---
1 | 22

[image: a picture]
`);
  });

  it("prints the same however the text is cut", () => {
    const whole = shown(SAMPLE, SAMPLE.length);
    for (const step of [1, 2, 3, 7, 40]) expect(shown(SAMPLE, step)).toBe(whole);
  });

  it("prints a block once another follows, an item once another does, code line by line", () => {
    const stream = createMarkdownStream(() => ({ columns: 60, style: PLAIN }));
    stream.push("first\n");
    expect(stream.take()).toBe("");
    expect(stream.tail()).toEqual(["first"]);
    stream.push("\nsecond");
    expect(stream.take()).toBe("first\n");
    stream.push("\n\n- one\n- two\n");
    expect(stream.take()).toBe("\nsecond\n\n- one\n");
    stream.push("\n```\nlet a;\nlet b");
    expect(stream.take()).toBe("- two\n\n  let a;\n");
    expect(stream.tail()).toEqual(["  let b"]);
    expect(stream.end()).toBe("  let b\n");
  });

  it("lets nothing through that a terminal acts on, and shows where a link leads", () => {
    const hostile =
      "\u001b]8;;http://evil.test\u0007click\u001b[2J [safe.test](http://evil.test/\u202e) \u200b`\u001b[31m`";
    const out = shown(hostile, 3);
    // oxlint-disable-next-line no-control-regex
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u200b]/);
    expect(out.replaceAll("\n", " ")).toContain("safe.test (http://evil.test/");
  });

  it("never loses text, writes no control characters and no line wider than the screen, whatever comes", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "# ",
        "- ",
        "1. ",
        "```\n",
        "> ",
        "|",
        "\n",
        "\n\n",
        "**",
        "`",
        "[a](b)",
        "---\n",
        "  ",
        "\u001b[2J",
      ),
      fc.string({ unit: "grapheme", maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (pieces, step) => {
        const source = pieces.join("");
        const out = shown(source, step, 40);
        // oxlint-disable-next-line no-control-regex
        expect(out).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
        expect(out === "" || out.endsWith("\n")).toBe(true);
        const words = /[[(<&]/.test(source) ? [] : source.match(/[A-Za-z]{4,}/g) ?? [];
        const whole = out.replaceAll(/[\s|]+/g, "");
        expect(words.filter((word) => !whole.includes(word))).toEqual([]);
      }),
      { seed: 3, numRuns: 400 },
    );
  });

  it("does not hold back a block that never ends", () => {
    const stream = createMarkdownStream(() => ({ columns: 60, style: PLAIN }));
    let printed = 0;
    for (let at = 0; at < 400; at++) {
      stream.push("word ".repeat(20));
      printed += stream.take().length;
    }
    expect(printed).toBeGreaterThan(20_000);
  });

  it("ends a colour with its line", () => {
    const style = styleFor({ FORCE_COLOR: "1" }, true);
    const stream = createMarkdownStream(() => ({ columns: 20, style }));
    stream.push("**several words that are wrapped over lines**\n");
    for (const line of stream.end().trimEnd().split("\n")) {
      const [on, off] = [line.split("\u001b[1m").length, line.split("\u001b[22m").length];
      expect(on).toBe(off);
    }
  });
});
