/**
 * For the host's `initTRPC.create({ sse })`: sends heartbeats, detects a dead connection soon, and ends each stream
 * after a while, so that the client resumes it. All durations in ms.
 */
export const mcpSseOptions = {
  ping: { enabled: true, intervalMs: 15_000 },
  client: { reconnectAfterInactivityMs: 35_000 },
  maxDurationMs: 300_000,
};
