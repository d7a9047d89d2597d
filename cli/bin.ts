#!/usr/bin/env node
// The entry point. Compiled, it must parse on Node 20: it answers `--version` without loading anything else, and hands
// over to the tool chain's Node where the machine's own is too old.
import { VERSION } from "./version.ts";

const words = process.argv.slice(2);
const asksVersion = words.some((word) => word === "--version" || word === "-V") &&
  words.every((word) => word === "--version" || word === "-V" || word === "--json");

if (asksVersion) {
  process.stdout.write(words.includes("--json") ? `${JSON.stringify({ v: 1, version: VERSION })}\n` : `${VERSION}\n`);
} else {
  const { missingFlagsProblem, permissionProblem, runtimeProblem } = await import("./runtime-check.ts");
  const { missingPermissions } = await import("./system/missing-permissions.ts");
  const problem = runtimeProblem(process.versions);
  const denied = missingFlagsProblem(missingPermissions());
  if (problem === null && denied !== null) {
    const { refuseStart } = await import("./system/refuse-start.ts");
    refuseStart(words, denied);
  } else if (problem === null) {
    if (import.meta.url.endsWith(".js")) {
      const { findOwnModules } = await import("./system/own-modules.ts");
      findOwnModules(new URL("../", import.meta.url).href);
    }
    const { main } = await import("./main.ts");
    await main(words).catch(async (cause: unknown) => {
      const refused = permissionProblem(cause);
      if (refused === null) throw cause;
      const { refuseStart } = await import("./system/refuse-start.ts");
      refuseStart(words, refused);
    });
  } else {
    const { runInToolChain } = await import("./system/tool-chain.ts");
    await runInToolChain(words, problem);
  }
}
