import type { ConnectInput, Connection, ConnectResult, ReconnectInput } from "@mcp-assistant/protocol";
import { toSessionError } from "../app/session-error.js";
import type { McpTrpcClient } from "../app/trpc.js";
import type { ConnectionsCache } from "../cache/connections-cache.js";
import type { AuthorizationPopups, SignInWindow } from "./authorization-popup.js";

/**
 * What a connect came to, and where the sign-in goes on when there is one. Show `authUrl` as a plain link whenever it
 * is there: the window may have been blocked or closed.
 */
export interface ConnectOutcome extends ConnectResult {
  window: SignInWindow;
}

/** All of them reject with an `McpSessionError`. What they change arrives by the event stream. */
export interface ConnectionActions {
  /** Connects a server. Call it directly in the click: it opens the sign-in window before it asks anybody. */
  connect(input: ConnectInput): Promise<ConnectOutcome>;
  /**
   * Connects a known one again, with the sign-in that is kept; opens a window only if there is none. Call it in the click.
   * `headers` replace its custom headers.
   */
  reconnect(sessionId: string, options?: Pick<ReconnectInput, "headers">): Promise<ConnectOutcome>;
  /** Ends the connection, or cancels what is under way and closes its sign-in window. The sign-in is kept. */
  disconnect(sessionId: string): Promise<void>;
  /**
   * Signs out of the server: ends the connection and erases its sign-in, also at the authorization server where that is
   * offered. The connection stays; connecting it again asks for a sign-in. A sign-in window closes.
   */
  signOut(sessionId: string): Promise<void>;
  /** Erases the connection and its sign-in; a sign-in window closes. */
  remove(sessionId: string): Promise<void>;
  /** Opens the sign-in page of a connection that has an `authUrl`. Call it in the click; when blocked, show the link. */
  signIn(connection: Connection): SignInWindow;
}

interface ActionDeps {
  client: McpTrpcClient;
  cache: ConnectionsCache;
  popups: AuthorizationPopups;
}

export function createConnectionActions({ client, cache, popups }: ActionDeps): ConnectionActions {
  const { connections } = client.mcp;

  /** No step between the call and `popups.open` may wait: the click's permission would be gone. */
  async function inWindow(
    known: Connection | undefined,
    serverUrl: string | undefined,
    run: () => Promise<ConnectResult>,
  ): Promise<ConnectOutcome> {
    const answer = serverUrl !== undefined && mayNeedSignIn(known) ? popups.open(serverUrl) : undefined;
    try {
      const answered = await run();
      const { authUrl } = answered;
      const result = authUrl === null || cache.isSignInPage(authUrl) ? answered : { ...answered, authUrl: null };
      return { ...result, window: answer?.(result.authUrl) ?? "none" };
    } catch (error) {
      answer?.(null);
      throw toSessionError(error);
    }
  }

  const knownAs = (sessionId: string) => cache.connections?.find((connection) => connection.sessionId === sessionId);

  /** What ends a sign-in that may be under way: its window has nothing to do any more. */
  async function end(sessionId: string, run: () => Promise<void>): Promise<void> {
    // The event stream may be quicker than the answer, and say that no sign-in is wanted.
    const known = knownAs(sessionId);
    await typed(run());
    if (known && known.authUrl !== null) popups.close(known.serverUrl, known.authUrl);
  }

  return {
    connect(input) {
      const url = URL.canParse(input.serverUrl) ? new URL(input.serverUrl).href : input.serverUrl;
      const known = cache.connections?.find(({ serverId, serverUrl }) =>
        input.serverId === undefined ? serverUrl === url : serverId === input.serverId,
      );
      return inWindow(known, hasNames(input.headers) ? undefined : url, () => connections.connect.mutate(input));
    },
    reconnect(sessionId, { headers } = {}) {
      const known = knownAs(sessionId);
      // A key stands in for a sign-in: a server that wants one all the same says so on the card.
      const serverUrl = hasNames(headers) ? undefined : known?.serverUrl;
      // What let it in is taken away: it may need a sign-in, although it is connected now.
      const before = headers ? undefined : known;
      return inWindow(before, serverUrl, () =>
        connections.reconnect.mutate({ sessionId, ...(headers ? { headers } : {}) }),
      );
    },
    disconnect: (sessionId) => end(sessionId, () => connections.disconnect.mutate({ sessionId })),
    signOut: (sessionId) => end(sessionId, () => connections.signOut.mutate({ sessionId })),
    remove: (sessionId) => end(sessionId, () => connections.remove.mutate({ sessionId })),
    signIn: ({ serverUrl, authUrl }) => (authUrl === null ? "none" : popups.signIn(serverUrl, authUrl)),
  };
}

/** A window that flashes is ugly, one that is missing is a blocked sign-in: only what worked before goes without. */
export function mayNeedSignIn(known: Pick<Connection, "era" | "authUrl" | "state"> | undefined): boolean {
  if (known?.state === "CONNECTED") return false;
  return !known || known.era === null || known.authUrl !== null;
}

const hasNames = (headers: ConnectInput["headers"]) => Object.keys(headers ?? {}).length > 0;

async function typed(answer: Promise<void>): Promise<void> {
  try {
    await answer;
  } catch (error) {
    throw toSessionError(error);
  }
}
