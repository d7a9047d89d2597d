import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    pool: "forks",
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
