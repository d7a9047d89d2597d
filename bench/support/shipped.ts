import type * as Core from "../../core/mod.ts";
import type * as Sandbox from "../../sandbox/mod.ts";

// What is measured is what is shipped: a thread that takes the types out of its program first would be another one.

/** The ground floor as `npm run build` made it. */
export const core: typeof Core = await built("core");
/** The tiers as `npm run build` made them. */
export const sandbox: typeof Sandbox = await built("sandbox");

function built<Module>(folder: "core" | "sandbox"): Promise<Module> {
  return import(new URL(`../../dist/${folder}/mod.js`, import.meta.url).href);
}
