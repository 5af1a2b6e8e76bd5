import type { TransportType } from "@mcp-assistant/protocol";

export interface SessionClientOptions {
  /** From the app's own authentication. */
  userId: string;
  /**
   * An existing session or, with `serverUrl`, the one to create: then `sessionStore.generateSessionId` has made it. Leave
   * it out only for `SessionClient.finishAuth`, which finds the session by the `state` of the callback.
   */
  sessionId?: string | undefined;
  /** The MCP server. With it, `SessionClient.connect` creates the session if there is none. */
  serverUrl?: string | undefined;
  /**
   * The user's own short name of the server, one session each: by default, it comes from the address. Without `serverUrl`,
   * every method throws `SESSION_CONFLICT` if the session has another one.
   */
  serverId?: string | undefined;
  /** What a page shows: by default the host of the address. An existing session takes it over. Needs `serverUrl`. */
  serverName?: string | undefined;
  /**
   * Where the authorization server sends the browser back to; one of the app's `callbackUrls`, or its own callback. It is
   * used where issuers may share a redirect URL: at those of `authorization.clients`, and at those that promise `iss`
   * (RFC 9207). Elsewhere the issuer's own redirect URL takes its place, which the handler serves. An existing session
   * takes it over. Needs `serverUrl`.
   */
  callbackUrl?: string | undefined;
  /** What to try first: `auto` by default. Today all three mean Streamable HTTP. Needs `serverUrl`. */
  transportType?: TransportType | undefined;
  /**
   * Called by `SessionClient.connect` when the user has to sign in, with the address of the authorization server
   * itself. That sign-in is bound to the user, but to no browser, and only `SessionClient.finishAuth` finishes it.
   * The address contains its secret `state`: give it to this user alone, and do not log it.
   */
  onRedirect?: ((authUrl: string) => void | Promise<void>) | undefined;
  /**
   * By default, all callers of a connection share what its server keeps for them, such as one open browser. With
   * `true`, this client has a protocol session of its own, which ends with `SessionClient.close`.
   */
  isolated?: boolean | undefined;
}
