import { isMcpSessionError } from "@mcp-assistant/protocol";

/** How long (ms) to wait before something is read again from a store that did not answer. */
const storePauseMs = 1_000;

/** How long (ms) to wait after a read that failed: until the user may read more, if that is why. */
export const pauseAfter = (error: unknown): number =>
  (isMcpSessionError(error) ? error.retryAfter : undefined) ?? storePauseMs;
