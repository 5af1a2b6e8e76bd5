import type {
  ConnectInput,
  Connection,
  ConnectResult,
  EventId,
  ReconnectInput,
  ToolInfo,
  ToolResult,
} from "@mcp-assistant/protocol";
import type { ClientMetadataDocument } from "./authorization/client/document.js";
import type { AttemptStatus, Callback, Started, StartOptions } from "./authorization/sign-in/sign-in.js";
import type { MCPClient } from "./client/mcp-client.js";
import type { Reencrypted } from "./credentials/reencrypted.js";
import type { StreamedEvent } from "./events/streamed-event.js";

/** The connections of an app's users. */
export interface Mcp {
  /** The app's own origin. */
  readonly baseUrl: string;
  /** The redirect URLs beside `{baseUrl}/api/mcp/auth/callback`: the option of the same name. */
  readonly callbackUrls: readonly string[];
  /** Whether the connections end with this process. */
  readonly inMemory: boolean;
  /** What the app says of itself to authorization servers (Client ID Metadata Document); null when it has no address. */
  readonly clientMetadata: ClientMetadataDocument | null;
  /**
   * One user's connections, and everything that can be done with them. `userId` comes from the app's own authentication.
   * It costs nothing: make one for every request. Throws `USER_ID_INVALID`.
   */
  forUser(userId: string): McpUser;
  /**
   * Seals with the first of `encryptionKeys` whatever another key has sealed. May run while the app works, be ended by
   * `signal`, and be run again.
   */
  reencrypt(options?: { signal?: AbortSignal }): Promise<Reencrypted>;
  /** Tells the operator of an error that nobody foresaw: by its class, because its text may hold anything. */
  report(message: string, error: unknown): void;
  /** Ends what this process opened for the storage. Connections stay as they are. */
  close(): Promise<void>;
}

/**
 * What one user can do. Another user's `sessionId` is `SESSION_NOT_FOUND` here, like one that never was. Every method
 * rejects with `STORE_UNAVAILABLE` when the storage does not answer.
 */
export interface McpUser {
  readonly userId: string;
  /**
   * Connects to a server, or answers with the connection that there is. What goes wrong with the server is answered and
   * kept with the connection, which is FAILED then. Throws `SERVER_URL_INVALID`, `INVALID_INPUT`, `SERVER_URL_FORBIDDEN`,
   * `RATE_LIMITED`, `LIMIT_EXCEEDED` or `SESSION_CONFLICT`.
   */
  connect(input: ConnectInput): Promise<ConnectResult>;
  /**
   * Connects again with the sign-in that there is; `headers` replace the custom headers that it had. Throws
   * `SESSION_NOT_FOUND`, `INVALID_INPUT` or `RATE_LIMITED`.
   */
  reconnect(sessionId: string, options?: Pick<ReconnectInput, "headers">): Promise<ConnectResult>;
  /** Ends the connection, or cancels what is under way; keeps record and sign-in. Throws `SESSION_NOT_FOUND`. */
  disconnect(sessionId: string): Promise<void>;
  /**
   * Ends the connection and erases its sign-in, also at the authorization server where that is offered; keeps the record.
   * Throws `SESSION_NOT_FOUND`.
   */
  signOut(sessionId: string): Promise<void>;
  /** Signs out and erases the record. Throws `SESSION_NOT_FOUND`. */
  remove(sessionId: string): Promise<void>;
  /** By age, the oldest first. */
  list(): Promise<Connection[]>;
  /** Throws `SESSION_NOT_FOUND`. */
  get(sessionId: string): Promise<Connection>;
  /**
   * The tools as last listed, in any state of the connection; empty before the first time. The server is asked only
   * when a CONNECTED one's list has expired, and then this throws like {@link MCPClient.listTools}.
   */
  listTools(sessionId: string): Promise<ToolInfo[]>;
  /**
   * One tool call on a connection of its own: dials, calls, closes. For more than one, use {@link client}. A tool's own
   * failure is data: `isError: true`. Throws like {@link MCPClient.callTool}.
   */
  callTool(
    sessionId: string,
    name: string,
    args?: Record<string, unknown>,
    options?: { signal?: AbortSignal },
  ): Promise<ToolResult>;
  /** Several calls on one connection; dials at the first. Close it at the end. */
  client(sessionId: string): MCPClient;
  /**
   * The events of all connections of the user: a snapshot first, or what was missed since `lastEventId`. Throws
   * `LIMIT_EXCEEDED` or `RATE_LIMITED` for too many streams.
   */
  subscribe(options?: {
    lastEventId?: EventId | undefined;
    signal?: AbortSignal | undefined;
  }): Promise<AsyncIterableIterator<StreamedEvent, undefined>>;
  /** What the sign-in pages are made of. */
  readonly authorization: {
    /**
     * Begins a sign-in. Throws `SESSION_NOT_FOUND`, `AUTHORIZATION_FAILED`, `CANCELLED` when the user cancelled meanwhile,
     * or `RATE_LIMITED`.
     */
    start(sessionId: string, options?: StartOptions): Promise<Started>;
    /**
     * Finishes the sign-in that a callback belongs to. Throws `INVALID_STATE` and changes nothing when user, browser,
     * issuer (RFC 9207) or sign-in do not agree; `SESSION_NOT_FOUND` when the connection was removed meanwhile.
     */
    finish(callback: Callback): Promise<{ attemptId: string }>;
    /** Throws `INVALID_STATE` when the user has no such attempt. */
    status(attemptId: string): Promise<AttemptStatus>;
  };
}
