/**
 * For the host's `initTRPC.create({ sse })`: proves that the line is alive, finds out soon when it is not, and ends
 * each stream after a while, from which the client resumes. All in ms.
 */
export const mcpSseOptions = {
  ping: { enabled: true, intervalMs: 15_000 },
  client: { reconnectAfterInactivityMs: 35_000 },
  maxDurationMs: 300_000,
};
