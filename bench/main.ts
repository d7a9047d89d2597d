import { readdir } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { parseArgs } from "node:util";
import type { Measurement, Row } from "./support/row.ts";

// One command prints the whole table: `npm run bench`, `npm run bench -- --json`, `npm run bench -- policy`; as it
// stands in RESULTS.md: `npm run -s bench -- --markdown`.
const HERE = new URL("./", import.meta.url);

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean" }, markdown: { type: "boolean" } },
  allowPositionals: true,
});
const rows: Row[] = [];
for (const file of (await readdir(HERE)).toSorted()) {
  if (!file.endsWith(".ts") || file === "main.ts") continue;
  if (positionals.length > 0 && !positionals.some((word) => file.includes(word))) continue;
  const loaded: unknown = await import(new URL(file, HERE).href);
  if (!isMeasurement(loaded)) throw new TypeError(`Cannot measure "${file}": it exports no measure()`);
  rows.push(...await loaded.measure());
}
if (values.json === true) console.log(JSON.stringify({ v: 1, runtime: runtime(), machine: machine(), rows }));
else if (values.markdown === true) printMarkdown(rows);
else print(rows);

function isMeasurement(value: unknown): value is Measurement {
  return typeof value === "object" && value !== null && "measure" in value && typeof value.measure === "function";
}

function runtime(): string {
  return "Deno" in globalThis ? `deno ${process.versions["deno"] ?? ""}` : `node ${process.versions.node}`;
}

/** What the numbers were measured on. */
function machine(): string {
  const [first] = cpus();
  const model = first === undefined || first.model.trim() === "" ? "unknown processor" : first.model.trim();
  return `${process.platform} ${release()} ${process.arch}, ${cpus().length} x ${model}, ${
    (totalmem() / 2 ** 30).toFixed(0)
  } GiB`;
}

function tableOf(all: readonly Row[]): readonly (readonly string[])[] {
  const table = all.map(({ name, ours, unit, peer, goal, reached }) => [
    name,
    `${round(ours)} ${unit}`,
    peer === null ? "-" : `${peer.name} ${round(peer.value)} ${unit}`,
    peer === null ? "-" : `${round(ours / peer.value)}x`,
    goal,
    reached ? "reached" : "MISSED",
  ]);
  return [["what", "ours", "peer", "ours/peer", "goal", ""], ...table];
}

function print(all: readonly Row[]): void {
  console.log(`${runtime()}, ${process.platform} ${process.arch}\n`);
  const lines = tableOf(all);
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  for (const line of lines) {
    console.log(line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
  }
}

function printMarkdown(all: readonly Row[]): void {
  const [head = [], ...lines] = tableOf(all);
  const missed = all.filter(({ reached }) => !reached).length;
  console.log(`Measured ${new Date().toISOString().slice(0, 10)} with ${runtime()} on ${machine()}.`);
  console.log(`${all.length - missed} of ${all.length} goals reached.\n`);
  for (const line of [head, head.map(() => "---"), ...lines]) {
    console.log(`| ${line.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
  }
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
