import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    pool: "forks",
    // Loaded CI machines miss real-time bounds now and then; the report marks every repeated test, and each is a bug.
    retry: process.env["CI"] === undefined ? 0 : 1,
    coverage: {
      provider: "v8",
      include: [
        "core",
        "policy",
        "audit",
        "sandbox",
        "skills",
        "session",
        "cli",
      ].map((folder) => `${folder}/**/*.ts`),
    },
  },
});

export default config;
