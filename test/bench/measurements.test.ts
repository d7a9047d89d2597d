import { readdirSync } from "node:fs";
import { expect, it } from "vitest";

const BENCH = new URL("../../bench/", import.meta.url);
const FILES = readdirSync(BENCH).filter((name) => name.endsWith(".ts") && name !== "main.ts");

// `npm run bench` takes every file for a measurement, and ends at the first that is none.
it.each(FILES)("%s measures", async (file) => {
  const loaded: unknown = await import(new URL(file, BENCH).href);
  expect(loaded).toHaveProperty("measure", expect.any(Function));
});
