import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Only what hangs takes this long: no test may fail because a machine is busy, its processor slow or its disk.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
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
