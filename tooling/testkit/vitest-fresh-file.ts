import { afterAll, vi } from "vitest";

// The test files of a worker share its modules, which saves most of their time. What a file leaves behind must not meet
// the next one: the process-wide things of packages/core, and whatever was replaced for a test.
Reflect.deleteProperty(globalThis, Symbol.for("@mcp-assistant/core"));

afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});
