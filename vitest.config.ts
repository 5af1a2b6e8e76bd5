import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    reporters: ["default"],
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "packages/*/{src,test}/**/*.test.{ts,tsx}",
            "apps/*/src/**/*.test.{ts,tsx}",
            "tooling/**/*.test.ts",
          ],
          exclude: ["**/*.redis.test.ts", "**/node_modules/**"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "redis",
          include: ["packages/*/{src,test}/**/*.redis.test.ts"],
          globalSetup: ["tooling/testkit/vitest-redis.ts"],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          // The long forms of the scenarios, for `pnpm chaos`: each has the machine to itself.
          name: "chaos",
          include: ["packages/*/test/**/*.chaos.ts"],
          globalSetup: ["tooling/testkit/vitest-redis.ts"],
          testTimeout: 600_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "browser",
          include: ["apps/web/e2e/**/*.test.ts"],
          globalSetup: ["tooling/testkit/vitest-redis.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
