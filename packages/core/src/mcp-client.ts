import { SessionClient, type SessionClientOptions } from "./client/session-client.js";
import { defaultMcp } from "./default-mcp.js";
import { ConfigurationError } from "./errors.js";
import type { Mcp } from "./mcp.js";
import { partsOf } from "./open-mcps.js";

export interface MCPClientOptions extends SessionClientOptions {
  /** What `createMcp` returned; by default {@link defaultMcp}, looked up at the first use. */
  mcp?: Pick<Mcp, "close"> | undefined;
}

/**
 * A {@link SessionClient} that can be made anywhere: `new MCPClient({ userId, sessionId })`. Making one reads nothing and
 * opens nothing. Its methods also throw what {@link defaultMcp} throws.
 */
export class MCPClient extends SessionClient {
  /** Throws a `ConfigurationError` for an `mcp` that `createMcp` did not return, or an `onRedirect` that is no function. */
  constructor({ mcp, ...options }: MCPClientOptions) {
    const { onRedirect } = options;
    if (onRedirect !== undefined && typeof onRedirect !== "function") {
      throw new ConfigurationError(
        "MCPClient: `onRedirect` is not a function",
        "Pass (authUrl) => { … }, or leave it out.",
      );
    }
    const given = mcp === undefined ? undefined : partsOf(mcp);
    super(options, () => (given ?? partsOf(defaultMcp()))());
  }
}
