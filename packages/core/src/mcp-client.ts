import { SessionClient } from "./client/session-client.js";
import type { SessionClientOptions } from "./client/session-client-options.js";
import { checkOnRedirect } from "./client/sign-in.js";
import { ConfigurationError } from "./errors.js";
import type { Mcp } from "./mcp.js";
import { partsOrDefault } from "./parts-or-default.js";

export interface MCPClientOptions extends SessionClientOptions {
  /** What `createMcp` returned; by default `defaultMcp()`, looked up at the first use. */
  mcp?: Pick<Mcp, "close"> | undefined;
}

/** What describes the session that `connect()` creates, and so needs the `serverUrl`. */
const ofNewSession = ["serverName", "callbackUrl", "transportType"] as const;

/**
 * A {@link SessionClient} that can be made anywhere: `new MCPClient({ userId, sessionId })`. Making one reads nothing and
 * opens nothing. Its methods also throw what `defaultMcp()` throws.
 */
export class MCPClient extends SessionClient {
  /**
   * Throws a `ConfigurationError` for an `mcp` that `createMcp` did not return, an `onRedirect` that is no function, and an
   * option that would have no effect without another one.
   */
  constructor({ mcp, ...options }: MCPClientOptions) {
    checkOnRedirect("MCPClient", options.onRedirect);
    checkCombination(options);
    super(options, partsOrDefault(mcp));
  }
}

function checkCombination(options: SessionClientOptions): void {
  if (options.serverUrl !== undefined) return;
  const useless = ofNewSession.find((name) => options[name] !== undefined);
  if (useless) {
    throw new ConfigurationError(
      `MCPClient: \`${useless}\` has no effect without \`serverUrl\``,
      `Add the serverUrl, or leave ${useless} out: an existing session has its own.`,
    );
  }
  if (options.serverId !== undefined && options.sessionId === undefined) {
    throw new ConfigurationError(
      "MCPClient: `serverId` does not find a session",
      "Add the sessionId: sessionStore.list(userId) has it. Only finishAuth needs neither.",
    );
  }
}
