import { rm } from "node:fs/promises";

// A stale file in `dist` would keep a deleted module alive in the package.
await rm(new URL("../../dist", import.meta.url), {
  recursive: true,
  force: true,
});
