import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Vitest leaves a core free, which is half of a machine of two. */
const maxWorkers = Math.max(2, availableParallelism());
/** The files of this project wait a lot, for servers that are slow on purpose. */
const unitWorkers = maxWorkers + 1;
const redis = "tooling/testkit/vitest-redis.ts";

/** A busy machine may take seconds for what is to happen. A long limit costs nothing where it does happen. */
const patient = {
  setupFiles: ["tooling/testkit/vitest-patience.ts"],
  expect: { poll: { timeout: 10_000 } },
};

/** Loading modules is most of the work of a short test: the files of a worker load them once. */
const sharedModules = {
  ...patient,
  isolate: false,
  setupFiles: [...patient.setupFiles, "tooling/testkit/vitest-fresh-file.ts"],
};

const inBrowser = {
  ...sharedModules,
  setupFiles: [...sharedModules.setupFiles, "apps/web/e2e/fresh-browser.ts"],
  globalSetup: [redis, "apps/web/e2e/global-setup.ts"],
  // Far more than a scenario takes by itself: pages are slow when all cores are at work.
  testTimeout: 180_000,
  hookTimeout: 120_000,
  sequence: { groupOrder: 2 },
};

const looks = [
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 390 },
] as const;

export default defineConfig({
  test: {
    reporters: ["default"],
    // Many tests provoke failures, and without a logger each one is a line on the console.
    onConsoleLog: (text) => !/^mcp-redis (?:warning|error): /.test(text),
    maxWorkers,
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "packages/*/{src,test}/**/*.test.{ts,tsx}",
            "apps/*/src/**/*.test.{ts,tsx}",
            "examples/seed/*.test.{ts,tsx}",
            "tooling/**/*.test.ts",
            "examples/test/**/*.test.ts",
          ],
          exclude: ["**/*.{redis,long}.test.ts", "**/*.browser.test.tsx", "**/node_modules/**"],
          ...sharedModules,
          maxWorkers: unitWorkers,
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: "redis",
          include: ["packages/*/{src,test}/**/*.redis.test.ts", "examples/seed/*.redis.test.ts"],
          ...sharedModules,
          globalSetup: [redis],
          testTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          // What takes long, or repeats a scenario in one more way, for `pnpm test:full`.
          name: "long",
          include: ["{packages,apps,tooling,examples}/**/*.long.test.ts"],
          exclude: ["apps/web/e2e/**", "**/node_modules/**"],
          ...patient,
          globalSetup: [redis],
          testTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          // The long forms of the scenarios, for `pnpm chaos`: each has the machine to itself.
          name: "chaos",
          include: ["packages/*/test/**/*.chaos.ts"],
          ...patient,
          globalSetup: [redis],
          testTimeout: 600_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "browser",
          include: ["apps/web/e2e/**/*.test.ts", "examples/seed/*.browser.test.tsx"],
          exclude: ["**/*.long.test.ts"],
          provide: { looks: looks.slice(0, 1) },
          ...inBrowser,
        },
      },
      {
        test: {
          // All of the above in both looks, and what takes long: in `pnpm test:full` instead of `browser`.
          name: "browser-full",
          include: ["apps/web/e2e/**/*.test.ts", "examples/seed/*.browser.test.tsx"],
          provide: { looks },
          ...inBrowser,
        },
      },
    ],
  },
});
