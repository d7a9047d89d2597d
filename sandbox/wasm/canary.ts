/**
 * An instrumented core module made by hand: `ask` costs one unit of fuel and calls the import `az`.`ask`, `spin` never
 * returns by itself.
 */
export const CANARY_MODULE: Uint8Array<ArrayBuffer> = new Uint8Array(
  Buffer.from(
    "AGFzbQEAAAABCAJgAABgAAF/AgoBAmF6A2FzawABAwQDAAABBAUBcAEBAQYGAX4BQgALByIEBHNwaW4AAgNhc2sAAwdhejpmdWVsAwAHYXo6dGlj" +
      "awEACjIDHwAjAEIBfSQAIwBCAFMEQEEAEQAAIwBCAFMEQAALCwsJAANAEAEMAAsLBgAQARAACwA0BG5hbWUBDQIAA2FzawEFY2hlY2sDBgECAQAB" +
      "bAQEAQABdAUHAQAEdGljawcHAQAEZnVlbA==",
    "base64",
  ),
);

/**
 * Glue that looks around before it answers: what of the runtime is in reach, and whether a process that should have no
 * permissions can read a folder. Input `spin` burns fuel.
 */
export const CANARY_GLUE: string = `
const reach = ["fetch", "WebSocket", "Worker", "Deno", "require", "setTimeout"].filter((name) => name in globalThis);
const variables = Object.keys(globalThis.process?.env ?? {}).length;
let files = false;
try {
  const fs = await import("node:fs");
  fs.readdirSync("/");
  files = true;
} catch {}
export function instantiate(getCoreModule, imports, instantiateCore) {
  const { fileExists } = imports["az:host/filesystem"];
  const { exports } = instantiateCore(getCoreModule("canary"), { az: { ask: () => fileExists("canary") ? 1 : 0 } });
  return {
    run(input) {
      if (input === "spin") exports.spin();
      return JSON.stringify({ asked: exports.ask(), reach, variables, files });
    },
  };
}
`;
