import { execFile, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AuditStats } from "../../audit/mod.ts";
import { runHere } from "../support/command-line.ts";
import { type Engine, openEngine } from "../support/engine.ts";
import { startModelServer } from "../support/model-server.ts";
import { tempDir } from "../support/temp-dir.ts";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];
const browser = BROWSERS.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
// CI installs it; a machine without it says so instead of passing in silence.
if (browser === undefined) process.stderr.write(`skipped: no browser (${BROWSERS.join(", ")}) to open the report in\n`);

/** A session in which everything happens, and whose record holds texts that want to be markup. */
async function eventful(port: number): Promise<Engine> {
  const engine = await openEngine({ person: "yes", files: { "src/a.ts": "export const a = 1;\n" } });
  await engine.call("read", { path: "README.md" });
  await engine.call("list", { path: "." });
  await engine.call("read", { path: ".env" });
  await engine.call("write", { path: "src/b.ts", content: "export const b = 2;\n" });
  const hostile = [
    `<script src="http://127.0.0.1:${port}/s.js"></script>`,
    `<script>document.title = "owned"</script>`,
    `<img src=http://127.0.0.1:${port}/i.png onerror="document.title='owned'">`,
    `</style></title><link rel=stylesheet href=http://127.0.0.1:${port}/c.css>`,
    `<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>`,
    `"><iframe src=http://127.0.0.1:${port}/f></iframe><meta http-equiv=refresh content="0;url=http://127.0.0.1:${port}/m">`,
  ];
  for (const text of hostile) {
    await engine.call("read", { path: text });
    await engine.call(text, {});
  }
  await engine.close();
  return engine;
}

/** Opens a page in a real browser that has nothing to do with the network; gives the document after it settled. */
async function openPage(file: string): Promise<{ readonly dom: string; readonly log: string }> {
  const dir = tempDir();
  const words =
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-dev-shm-usage --disable-sync " +
    "--disable-background-networking --disable-component-update --disable-extensions --enable-logging=stderr " +
    "--virtual-time-budget=2000 --dump-dom";
  const { stdout, stderr } = await promisify(execFile)(
    browser ?? "",
    [...words.split(" "), `--user-data-dir=${join(dir, "profile")}`, pathToFileURL(file).href],
    { maxBuffer: 64 * 1024 * 1024, timeout: 90_000, env: { PATH: process.env["PATH"], HOME: dir } },
  );
  return { dom: stdout, log: stderr };
}

/** The figures as a person reads them off the page. */
function figuresOf(dom: string): Readonly<Record<string, string>> {
  const cards = dom.matchAll(/data-figure="([a-z0-9]+)"[^>]*>\s*<b>([^<]*)<\/b>/g);
  return Object.fromEntries([...cards].map((match) => [match[1] ?? "", match[2] ?? ""]));
}

/** Counts of one table, without the rows for what has no name. */
function countsOf(dom: string, kind: string): Readonly<Record<string, number>> {
  const rows = dom.matchAll(
    new RegExp(`<tr data-by="${kind}">\\s*<th[^>]*>([^<]*)</th>[\\s\\S]*?<td class="num">(\\d+)</td>`, "g"),
  );
  const counts = [...rows].map((match) => [unescaped(match[1] ?? ""), Number(match[2])] as const);
  return Object.fromEntries(counts.filter(([name]) => !["(no rule matched)", "unknown"].includes(name)));
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

describe.skipIf(browser === undefined)("audit report in a real browser", () => {
  it("shows the figures of `audit stats`, runs no script and loads nothing, whatever the record holds", async () => {
    const outside = await startModelServer((_, response) => response.end("document.title = 'owned'"));
    onTestFinished(() => outside.close());
    const engine = await eventful(outside.port);
    const file = join(engine.home, "report.html");
    const stats = (await runHere(["audit", "stats", "--json"], engine)).json() as unknown as AuditStats;
    expect(await runHere(["audit", "report", "--all", "--out", file], engine)).toMatchObject({ exit: 0 });

    const { dom, log } = await openPage(file);
    const { decision } = stats.by;
    expect(figuresOf(dom)).toMatchObject({
      sessions: `${stats.sessions}`,
      events: `${stats.events}`,
      proposed: `${sum(decision)}`,
      allow: `${(decision["allow"] ?? 0) + (decision["allow_with_redaction"] ?? 0)}`,
      ask: `${decision["requires_approval"] ?? 0}`,
      deny: `${decision["deny"] ?? 0}`,
      approvals: `${stats.approvals.count}`,
      masked: `${sum(stats.redactions)}`,
    });
    expect(stats.by.decision).toMatchObject({ deny: expect.any(Number), requires_approval: 1 });
    expect(countsOf(dom, "rule")).toEqual(stats.by.rule);
    expect(countsOf(dom, "capability")).toEqual(stats.by.capability);
    // Names of tools nobody has are long: the page may show fewer of them, never another number.
    expect(stats.by.tool).toMatchObject(countsOf(dom, "tool"));
    expect(dom).toContain("Verified");

    // Hostile texts stayed texts: no element, no script, no request, no complaint of the browser.
    expect(dom).toMatch(/<title>Audit report: project<\/title>/);
    expect(dom).toContain("&lt;script&gt;document.title");
    expect(dom).not.toMatch(/<(?:script|img|iframe|link|object|embed|a|form|base)\b/i);
    expect(dom).not.toMatch(/<[^>]*\son\w+=/i);
    expect(outside.requests).toEqual([]);
    expect(log.split("\n").filter((line) => line.includes("CONSOLE"))).toEqual([]);
  });

  it("would have been stopped by its own policy if a text had become markup", async () => {
    const outside = await startModelServer((_, response) => response.end("document.title = 'owned'"));
    onTestFinished(() => outside.close());
    const engine = await openEngine();
    await engine.call("read", { path: "README.md" });
    await engine.close();
    const file = join(engine.home, "report.html");
    await runHere(["audit", "report", "--all", "--out", file], engine);
    const planted =
      `<script>document.title = "owned"</script><script src="http://127.0.0.1:${outside.port}/s.js"></script>` +
      `<img src="http://127.0.0.1:${outside.port}/i.png" onerror="document.title = 'owned'">`;
    writeFileSync(file, readFileSync(file, "utf8").replace("<footer>", `${planted}<footer>`));
    const { dom, log } = await openPage(file);
    expect(dom).toContain("<title>Audit report: project</title>");
    expect(outside.requests).toEqual([]);
    expect(log).toMatch(/CONSOLE.*Content Security Policy/);
  });
});
