import { vi } from "vitest";

/**
 * The longest that a test waits for what is to happen (ms): less than the 15 s after which a heartbeat finds out that a
 * reader has gone. Vitest's own default is one second, which a busy machine may take for itself.
 */
const patienceMs = 10_000;

const { waitFor } = vi;

/** Files of a worker share `vi`, so this may have been done already. */
if (waitFor.name !== "waitPatiently") {
  vi.waitFor = function waitPatiently(callback, options) {
    return waitFor(callback, typeof options === "number" ? options : { timeout: patienceMs, ...options });
  };
}
