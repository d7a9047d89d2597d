/** The page's only style sheet; it stands inline, the page loads nothing. */
export const STYLE: string = `
:root{color-scheme:light dark;--bg:#fbfaf8;--ink:#1d2126;--soft:#66707c;--line:#dedad3;--card:#fff;
--allow:#3b8f6a;--redact:#2f86a6;--ask:#d09325;--deny:#bf4433}
@media(prefers-color-scheme:dark){:root{--bg:#14171b;--ink:#e6e8ea;--soft:#96a0ab;--line:#2c323a;--card:#1b2026;
--allow:#58b68c;--redact:#5ab3d1;--ask:#e3b04b;--deny:#e2705f}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1040px;margin:0 auto;padding:40px 24px 80px}
h1{font-size:28px;letter-spacing:-.02em;margin:0 0 4px}
h2{font-size:17px;margin:44px 0 10px;padding-top:14px;border-top:1px solid var(--line)}
h3{font-size:14px;margin:22px 0 6px;color:var(--soft);font-weight:600}
p{margin:6px 0}
.note,.sub{color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(5,1fr);gap:12px;margin:24px 0 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px}
.card b{display:block;font-size:24px;font-variant-numeric:tabular-nums;letter-spacing:-.02em}
.card.deny b{color:var(--deny)}.card.ask b{color:var(--ask)}.card.allow b{color:var(--allow)}
.verdict{display:flex;gap:14px;align-items:baseline;border-radius:10px;padding:14px 18px;margin:22px 0 0;border:1px solid}
.verdict.good{border-color:var(--allow);color:var(--allow)}.verdict.bad{border-color:var(--deny);color:var(--deny)}
.verdict b{font-size:17px;white-space:nowrap}.verdict span{color:var(--ink)}
table{border-collapse:collapse;width:100%;font-size:13.5px}
.wide{overflow-x:auto}
th{text-align:left;font-weight:600}
thead th{color:var(--soft);font-size:12px;border-bottom:1px solid var(--line);padding:4px 10px 4px 0;white-space:nowrap}
td,tbody th{min-width:7ch;padding:5px 10px 5px 0;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
tbody th{font-weight:400}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.bars td,.bars th{border:0;padding:3px 10px 3px 0}
.bars th{width:30%}.bars .bar{width:42%}.bars svg{display:block;width:100%;height:12px;border-radius:3px}
code,.mono{font:12.5px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
.word{white-space:nowrap}
.time{white-space:nowrap;font-variant-numeric:tabular-nums;color:var(--soft)}
svg{display:block;width:100%;height:auto}
.allow{fill:var(--allow)}.redact{fill:var(--redact)}.ask{fill:var(--ask)}.deny{fill:var(--deny)}
.axis,.lane{stroke:var(--line);stroke-width:1}
.tick{fill:var(--soft);font-size:11px}
.legend{display:flex;flex-wrap:wrap;gap:16px;color:var(--soft);font-size:13px}
.legend i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:6px}
.legend i.allow,.tag.allow{background:var(--allow)}.legend i.redact,.tag.redact{background:var(--redact)}
.legend i.ask,.tag.ask{background:var(--ask)}.legend i.deny,.tag.deny{background:var(--deny)}
.tag{display:inline-block;border-radius:4px;padding:0 7px;color:#fff;font-size:12px;white-space:nowrap}
.two{display:grid;grid-template-columns:1fr 1fr;gap:32px}
footer{margin-top:56px;border-top:1px solid var(--line);padding-top:12px;color:var(--soft);font-size:13px}
@media(max-width:720px){.two{grid-template-columns:1fr}.cards{grid-template-columns:repeat(2,1fr)}}
@media print{body{background:#fff}main{padding:0;max-width:none}h2{break-after:avoid}tr{break-inside:avoid}}
`.trim().replaceAll("\n", "");
