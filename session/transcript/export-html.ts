import type { ExportBlock, ExportDocument } from "./export-blocks.ts";

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; overflow-wrap: anywhere; }
dt { opacity: .7; } dd { margin: 0; }
section { border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .8rem; margin: .8rem 0; }
section.person { border-left: .3rem solid #2a7; } section.model { border-left: .3rem solid #47c; }
section.call, section.data { background: var(--soft); }
p.label { margin: 0; font-size: .85rem; opacity: .7; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .4rem 0 0; font: .9rem/1.45 ui-monospace, monospace; }
section.person pre, section.model pre { font: inherit; }
`;

/**
 * Writes a conversation as one HTML file: no script, nothing from outside, all text escaped, addresses as plain text.
 *
 * @param document The conversation.
 * @returns The page.
 */
export function exportHtml(document: ExportDocument): string {
  const facts = document.facts.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`).join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(document.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(document.title)}</h1>
<dl>
${facts}
</dl>
${document.blocks.map(sectionOf).join("\n")}
</body>
</html>
`;
}

function sectionOf(block: ExportBlock): string {
  const label = block.label === "" ? "" : `\n<p class="label">${escaped(block.label)}</p>`;
  return `<section class="${block.kind}">\n<h2>${escaped(block.title)}</h2>${label}\n<pre>${
    escaped(block.text)
  }</pre>\n</section>`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
