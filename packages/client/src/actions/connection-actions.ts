import {
  type ConnectInput,
  type Connection,
  type ConnectResult,
  parseUrl,
  type ReconnectInput,
} from "@mcp-assistant/protocol";
import type { Backend } from "../backend/backend.js";
import type { AuthorizationPopups, SignInWindow } from "../sign-in/authorization-popup.js";
import type { ConnectionsStore } from "../store/connections-store.js";

/**
 * The result of a connect, and whether its sign-in continues in a window. Always show `authUrl` as a plain link, too:
 * the window may have been blocked or closed.
 */
export interface ConnectOutcome extends ConnectResult {
  window: SignInWindow;
}

/** All actions reject with an `McpSessionError`. Their changes arrive over the event stream. */
export interface ConnectionActions {
  /** Connects to a server. Call it directly in the click: it opens the sign-in window before it sends a request. */
  connect(input: ConnectInput): Promise<ConnectOutcome>;
  /**
   * Connects a known server again with its stored sign-in. Opens a window only if there is none. Call it in the click.
   * `headers` replace its custom headers.
   */
  reconnect(sessionId: string, options?: Pick<ReconnectInput, "headers">): Promise<ConnectOutcome>;
  /** Ends the connection, or cancels a connect in progress and closes its sign-in window. The sign-in is kept. */
  disconnect(sessionId: string): Promise<void>;
  /**
   * Signs out of the server: ends the connection and erases its sign-in, also at the authorization server if it
   * supports that. The connection stays in the list, and reconnecting it needs a new sign-in. Closes its sign-in
   * window.
   */
  signOut(sessionId: string): Promise<void>;
  /** Erases the connection and its sign-in. Closes its sign-in window. */
  remove(sessionId: string): Promise<void>;
  /** Gives a connection another name. */
  rename(sessionId: string, serverName: string): Promise<void>;
  /** Opens the sign-in page of a connection that has an `authUrl`. Call it in the click. If blocked, show the link. */
  signIn(connection: Connection): SignInWindow;
}

interface ActionDeps {
  backend: Backend;
  store: ConnectionsStore;
  popups: AuthorizationPopups;
}

export function createConnectionActions({ backend, store, popups }: ActionDeps): ConnectionActions {
  /** Nothing may be awaited before `popups.open`, or the click's permission to open a window is gone. */
  async function inWindow(
    known: Connection | undefined,
    serverUrl: string | undefined,
    run: () => Promise<ConnectResult>,
  ): Promise<ConnectOutcome> {
    const answer = serverUrl !== undefined && mayNeedSignIn(known) ? popups.open(serverUrl) : undefined;
    try {
      const answered = await run();
      const { authUrl } = answered;
      const result = authUrl === null || store.isSignInPage(authUrl) ? answered : { ...answered, authUrl: null };
      return { ...result, window: answer?.(result.authUrl) ?? "none" };
    } catch (error) {
      answer?.(null);
      throw error;
    }
  }

  const knownAs = (sessionId: string) => store.connections?.find((connection) => connection.sessionId === sessionId);

  /** For actions that end a running sign-in: closes its window. */
  async function end(sessionId: string, run: () => Promise<void>): Promise<void> {
    // Read first: an event may arrive before the answer and remove the `authUrl`.
    const known = knownAs(sessionId);
    await run();
    if (known && known.authUrl !== null) popups.close(known.serverUrl, known.authUrl);
  }

  return {
    connect(input) {
      const url = parseUrl(input.serverUrl)?.href ?? input.serverUrl;
      const known = store.connections?.find(({ serverId, serverUrl }) =>
        input.serverId === undefined ? serverUrl === url : serverId === input.serverId,
      );
      return inWindow(known, hasNames(input.headers) ? undefined : url, () => backend.connect(input));
    },
    reconnect(sessionId, { headers } = {}) {
      const known = knownAs(sessionId);
      // A key replaces the sign-in. If the server still needs one, the connection's `authUrl` shows it.
      const serverUrl = hasNames(headers) ? undefined : known?.serverUrl;
      // Without its old headers the connection may need a sign-in, although it is connected now.
      const before = headers ? undefined : known;
      return inWindow(before, serverUrl, () => backend.reconnect({ sessionId, ...(headers ? { headers } : {}) }));
    },
    disconnect: (sessionId) => end(sessionId, () => backend.disconnect(sessionId)),
    signOut: (sessionId) => end(sessionId, () => backend.signOut(sessionId)),
    remove: (sessionId) => end(sessionId, () => backend.remove(sessionId)),
    rename: (sessionId, serverName) => backend.rename({ sessionId, serverName }),
    signIn: ({ serverUrl, authUrl }) => (authUrl === null ? "none" : popups.signIn(serverUrl, authUrl)),
  };
}

/** A window that flashes is ugly, but a missing one blocks the sign-in. So only servers that worked before get none. */
export function mayNeedSignIn(known: Pick<Connection, "era" | "authUrl" | "state"> | undefined): boolean {
  if (known?.state === "CONNECTED") return false;
  return !known || known.era === null || known.authUrl !== null;
}

const hasNames = (headers: ConnectInput["headers"]) => Object.keys(headers ?? {}).length > 0;
