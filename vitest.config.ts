import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    pool: "forks",
    coverage: {
      provider: "v8",
      include: ["core", "policy", "audit", "sandbox", "skills", "session", "cli"].map((folder) => `${folder}/**/*.ts`),
    },
  },
});
