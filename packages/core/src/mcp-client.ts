import { SessionClient, type SessionClientOptions } from "./client/session-client.js";
import { checkOnRedirect } from "./client/sign-in.js";
import type { Mcp } from "./mcp.js";
import { partsOrDefault } from "./parts-or-default.js";

export interface MCPClientOptions extends SessionClientOptions {
  /** What `createMcp` returned; by default `defaultMcp()`, looked up at the first use. */
  mcp?: Pick<Mcp, "close"> | undefined;
}

/**
 * A {@link SessionClient} that can be made anywhere: `new MCPClient({ userId, sessionId })`. Making one reads nothing and
 * opens nothing. Its methods also throw what `defaultMcp()` throws.
 */
export class MCPClient extends SessionClient {
  /** Throws a `ConfigurationError` for an `mcp` that `createMcp` did not return, or an `onRedirect` that is no function. */
  constructor({ mcp, ...options }: MCPClientOptions) {
    checkOnRedirect("MCPClient", options.onRedirect);
    super(options, partsOrDefault(mcp));
  }
}
