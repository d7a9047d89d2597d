// Plays the chunks that come in, one JSON object a line, and answers each with its report.
import { createInterface } from "node:readline";
import { writeWithoutSync } from "./without-sync.ts";

writeWithoutSync();
const { playChunk } = await import("./chunk.ts");

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await playChunk(JSON.parse(line)))}\n`);
}
process.exit(0);
