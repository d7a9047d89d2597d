import { describe, expect, it, test } from "vitest";
import { b2, type CallId, labelOf, loadSodium, parseSessionId, USER_LABEL } from "../../../core/mod.ts";
import { exportDocument, exportHtml, exportMarkdown, type TranscriptContent } from "../../../session/transcript.ts";
import { visibleText } from "../../../session/transcript/visible-text.ts";
import { golden } from "../../support/golden.ts";
import { headerFor, promptItem } from "../../support/transcript-home.ts";

await loadSodium();

const EVIL =
  '</pre><script>alert(1)</script><img src=x onerror="alert(1)">\n```\n![x](https://evil.example.test/?q=1)\n````\u202e\u0007 &amp; \'';

function content(text: string): TranscriptContent {
  const session = parseSessionId("ses_01K9ZZZZZZZZZZZZZZZZZZZZZZ");
  return {
    session,
    file: "/x",
    created: Date.UTC(2025, 10, 20, 12),
    header: headerFor(text),
    items: [],
    records: [
      { kind: "item", item: promptItem(text) },
      {
        kind: "item",
        item: {
          kind: "reply",
          text: `reply ${text}`,
          label: { ...USER_LABEL, trust: ["user", "model"] },
          calls: [{
            call: "call_01K9ZZZZZZZZZZZZZZZZZZZZZZ" as CallId,
            id: "call_0",
            tool: `read${text}`,
            args: { path: text },
            status: "denied",
            result: { text, label: labelOf("file", ["private"], text), detected: [] },
          }],
        },
      },
      { kind: "item", item: { kind: "reply", text: "", label: USER_LABEL, calls: [] } },
      { kind: "notice", code: "X", text },
      { kind: "rewrite", items: [] },
      { kind: "state", state: { script: null, turns: 1, input: 1, output: 1 } },
    ],
    state: null,
    notices: ["the last line was cut off and is left out"],
    end: { key: new Uint8Array(32), at: { number: 2, prev: b2("") }, bytes: 0 },
  };
}

function same(text: string): string {
  return text;
}

describe("exportHtml()", () => {
  it("is one page without script, outside resources or markup of the conversation", () => {
    const html = exportHtml(exportDocument(content(EVIL), same));
    expect(html).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    );
    const tags = new Set(Array.from(html.matchAll(/<\/?([a-z0-9!]+)/gi), ([, name]) => name?.toLowerCase()));
    expect(tags).toEqual(
      new Set([
        "!doctype",
        "body",
        "dd",
        "dl",
        "dt",
        "h1",
        "h2",
        "head",
        "html",
        "meta",
        "p",
        "pre",
        "section",
        "style",
        "title",
      ]),
    );
    const attributes = Array.from(html.matchAll(/<[a-z][^>]*>/g), ([tag]) => tag).join("\n");
    expect(attributes).not.toMatch(/\b(?:src|href|on[a-z]+)\s*=/i);
    expect(html).not.toContain("url(");
    expect(html).not.toContain("\u202e");
    expect(html).toContain("\\u{202e}");
    expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(html).toContain("&amp;amp; &#39;");
  });

  it("stays as it is", () => {
    const html = exportHtml(exportDocument(content("Fix the bug"), same));
    expect(html).toBe(golden("export/session.html", html));
  });

  it("is done in time with a thousand items", () => {
    const one = content("x".repeat(4_000));
    const many = { ...one, records: Array.from({ length: 1_000 }, () => one.records).flat() };
    const start = performance.now();
    exportHtml(exportDocument(many, same));
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});

describe("exportMarkdown()", () => {
  it("keeps everything of the conversation inside fences and code spans that it cannot close", () => {
    const lines = exportMarkdown(exportDocument(content(EVIL), same)).split("\n");
    let fence: string | null = null;
    const outside: string[] = [];
    for (const line of lines) {
      const run = /^(`{3,})(?:text)?$/.exec(line)?.[1];
      if (fence === null && run !== undefined) fence = run;
      else if (fence !== null && run !== undefined && run.length >= fence.length) fence = null;
      else if (fence === null) outside.push(line);
    }
    expect(fence).toBeNull();
    const bare = outside.map((line) => line.replaceAll(/(`+) .*? \1(?!`)/g, "").replaceAll(/\\./g, "")).join("\n");
    expect(bare).not.toMatch(/[<![]|https?:/);
  });

  it("stays as it is", () => {
    const text = exportMarkdown(exportDocument(content("Fix the bug"), same));
    expect(text).toBe(golden("export/session.md", text));
  });
});

describe("exportDocument()", () => {
  it("masks again, everywhere", () => {
    const document = exportDocument(
      content("a new-secret-value b"),
      (text) => text.replaceAll("new-secret-value", "[SECRET_X]"),
    );
    expect(JSON.stringify(document)).not.toContain("new-secret-value");
    expect(JSON.stringify(document).match(/\[SECRET_X\]/g)?.length).toBe(8);
  });
});

describe("visibleText()", () => {
  test.for(
    [
      ["plain\ttext\n", "plain\ttext\n"],
      ["a\r\nb\rc", "a\nb\\u{d}c"],
      ["\u001b[2J\u0000", "\\u{1b}[2J\\u{0}"],
      ["a\u202eb\u2066c", "a\\u{202e}b\\u{2066}c"],
      ["a\u200bb\ufeff\u00ad", "a\\u{200b}b\\u{feff}\\u{ad}"],
      ["\u{e0041}\ufe01\u3164", "\\u{e0041}\\u{fe01}\\u{3164}"],
      ["\ud800x", "\\u{d800}x"],
      ["❤️ 👨‍👩‍👧 é", "❤️ 👨‍👩‍👧 é"],
      ["x\u200dy z\ufe0f", "x\\u{200d}y z\\u{fe0f}"],
    ] as const,
  )("shows %j", ([text, shown]) => expect(visibleText(text)).toBe(shown));
});

it("the pages hold no character that would not be seen", () => {
  const document = exportDocument(content(EVIL), same);
  for (const text of [exportHtml(document), exportMarkdown(document)]) expect(visibleText(text)).toBe(text);
});
