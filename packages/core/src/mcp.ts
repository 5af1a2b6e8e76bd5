import type {
  Completion,
  CompletionInput,
  ConnectInput,
  Connection,
  ConnectResult,
  EventId,
  ListedPrompts,
  ListedResources,
  ListedResourceTemplates,
  PromptResult,
  ReadResourceResult,
  ReconnectInput,
  ToolInfo,
  ToolResult,
} from "@mcp-assistant/protocol";
import type { ClientMetadataDocument } from "./authorization/client/document.js";
import type { AttemptStatus, Callback, Started, StartOptions } from "./authorization/sign-in/sign-in.js";
import type { CallToolOptions } from "./client/call-options.js";
import type { SessionClient } from "./client/session-client.js";
import type { Reencrypted } from "./credentials/reencrypted.js";
import type { StreamedEvent } from "./events/streamed-event.js";

/** The connections of an app's users. */
export interface Mcp {
  /** The app's own origin. */
  readonly baseUrl: string;
  /** Where browsers reach the handler below `baseUrl`: `/api/mcp`, or the option of the same name. */
  readonly basePath: string;
  /** How many proxies in front of the app name the browser's address truly. */
  readonly trustProxy: number;
  /** The redirect URLs besides `{baseUrl}{basePath}/auth/callback`, from the option of the same name. */
  readonly callbackUrls: readonly string[];
  /** Whether the connections are lost when this process ends. */
  readonly inMemory: boolean;
  /**
   * How the app describes itself to authorization servers that share its redirect URLs (Client ID Metadata Document); null
   * when there is no https address for the document.
   */
  readonly clientMetadata: ClientMetadataDocument | null;
  /**
   * One user's connections, and everything that can be done with them. `userId` comes from the app's own
   * authentication. This costs nothing, so call it for every request. Throws `USER_ID_INVALID`.
   */
  forUser(userId: string): McpUser;
  /**
   * Throws `CONFIGURATION_INVALID` for a missing or invalid option, as the first use would, but does not log it. Opens
   * no socket. For apps that want to fail when they start.
   */
  check(): void;
  /**
   * Re-encrypts, with the first of `encryptionKeys`, everything that another key encrypted. It can run while the app is
   * in use, be stopped by `signal`, and be run again.
   */
  reencrypt(options?: { signal?: AbortSignal }): Promise<Reencrypted>;
  /** Logs an unexpected error for the operator: only its code or class, because its text may contain anything. */
  report(message: string, error: unknown): void;
  /** Logs a warning for the operator. */
  warn(message: string): void;
  /**
   * Ends the event streams, and closes what this process opened for the storage. The users' connections stay as they
   * are.
   */
  close(): Promise<void>;
}

interface ReadOptions {
  /** Aborts when the caller has gone. Then a read that still waits for its turn never begins. */
  signal?: AbortSignal | undefined;
}

/**
 * What one user can do. Another user's `sessionId` gives `SESSION_NOT_FOUND` here, like one that never existed. Every
 * method rejects with `STORE_UNAVAILABLE` when the storage does not answer.
 */
export interface McpUser {
  readonly userId: string;
  /**
   * Connects to a server, or returns the existing connection. A problem with the server is returned and kept with the
   * connection, which is then FAILED. Throws `SERVER_URL_INVALID`, `INVALID_INPUT`, `SERVER_URL_FORBIDDEN`,
   * `RATE_LIMITED`, `LIMIT_EXCEEDED` or `SESSION_CONFLICT`.
   */
  connect(input: ConnectInput): Promise<ConnectResult>;
  /**
   * Connects again with the existing sign-in; `headers` replace the connection's custom headers. Throws
   * `SESSION_NOT_FOUND`, `INVALID_INPUT` or `RATE_LIMITED`.
   */
  reconnect(sessionId: string, options?: Pick<ReconnectInput, "headers">): Promise<ConnectResult>;
  /** Ends the connection, or cancels what is under way; keeps the record and sign-in. Throws `SESSION_NOT_FOUND`. */
  disconnect(sessionId: string): Promise<void>;
  /**
   * Ends the connection and erases its sign-in, also at the authorization server if it supports that; keeps the record.
   * Throws `SESSION_NOT_FOUND`.
   */
  signOut(sessionId: string): Promise<void>;
  /** Signs out and erases the record. Throws `SESSION_NOT_FOUND`. */
  remove(sessionId: string): Promise<void>;
  /**
   * Asks the server for its tools now, and returns the connection. A connection that cannot be used is returned as it
   * is: its `state` and `error` say why. Counts as a call. Throws `SESSION_NOT_FOUND`, or like
   * {@link SessionClient.listTools} when a CONNECTED server does not answer.
   */
  refreshSession(sessionId: string): Promise<Connection>;
  /** Gives a connection another name. Throws `INVALID_INPUT` for an empty or long one, or `SESSION_NOT_FOUND`. */
  rename(sessionId: string, serverName: string): Promise<void>;
  /**
   * What the server says about its use, for people and models: text of its own, without invisible characters. Null if it
   * says nothing. They are not kept, so the server is asked in a handshake of its own, which counts as a call. Throws
   * like {@link SessionClient.listTools}, and `CANCELLED` when the signal aborts.
   */
  instructions(sessionId: string, options?: ReadOptions): Promise<string | null>;
  /** Oldest first. Throws `RATE_LIMITED` for too many bytes of lists in a minute, `CANCELLED` when the signal aborts. */
  list(options?: ReadOptions): Promise<Connection[]>;
  /** Throws `SESSION_NOT_FOUND`. */
  get(sessionId: string): Promise<Connection>;
  /**
   * The tools as last listed, whatever the state of the connection; empty before the first listing. The server is asked
   * only when the connection is CONNECTED and its list has expired. Then this throws like {@link SessionClient.listTools}.
   * Also throws `RATE_LIMITED` for too many bytes of lists in a minute, and `CANCELLED` when the signal aborts.
   */
  listTools(sessionId: string, options?: ReadOptions): Promise<{ tools: ToolInfo[] }>;
  /**
   * One tool call. For more than one, {@link client} keeps the network connection. A tool's own failure is data:
   * `isError: true`. Throws like {@link SessionClient.callTool}.
   */
  callTool(
    sessionId: string,
    name: string,
    args?: Record<string, unknown>,
    options?: CallToolOptions,
  ): Promise<ToolResult>;
  /**
   * The server's resources, asked of it now and stored nowhere; empty if it offers none. `leftOut` counts those that
   * cannot be used. Throws like {@link SessionClient.listResources}.
   */
  listResources(sessionId: string, options?: ReadOptions): Promise<ListedResources>;
  /** The server's resource templates, like {@link listResources}. */
  listResourceTemplates(sessionId: string, options?: ReadOptions): Promise<ListedResourceTemplates>;
  /** Reads a resource. Throws like {@link SessionClient.readResource}. */
  readResource(sessionId: string, uri: string, options?: ReadOptions): Promise<ReadResourceResult>;
  /** The server's prompts, like {@link listResources}. */
  listPrompts(sessionId: string, options?: ReadOptions): Promise<ListedPrompts>;
  /** Fills in a prompt. Throws like {@link SessionClient.getPrompt}. */
  getPrompt(
    sessionId: string,
    name: string,
    args?: Record<string, string>,
    options?: ReadOptions,
  ): Promise<PromptResult>;
  /** The server's proposals for an argument. Throws like {@link SessionClient.complete}. */
  complete(sessionId: string, input: CompletionInput, options?: ReadOptions): Promise<Completion>;
  /**
   * Follows a resource for ten minutes: while the user has an event stream open, `resource_updated` tells when it changes.
   * Throws like {@link SessionClient.subscribeResource}.
   */
  subscribeResource(sessionId: string, uri: string, options?: { follower?: string | undefined }): Promise<void>;
  /** Ends that for this follower. Throws `SESSION_NOT_FOUND`. */
  unsubscribeResource(sessionId: string, uri: string, options?: { follower?: string | undefined }): Promise<void>;
  /**
   * For several calls on one network connection. Opens it at the first call; close it at the end. All callers of a
   * connection share what its server keeps for them. With `isolated`, this client has a protocol session of its own.
   */
  client(sessionId: string, options?: { isolated?: boolean | undefined }): SessionClient;
  /**
   * The events of all the user's connections: first a snapshot, or what was missed since `lastEventId`. Throws
   * `LIMIT_EXCEEDED` or `RATE_LIMITED` for too many streams.
   */
  subscribe(options?: {
    lastEventId?: EventId | undefined;
    signal?: AbortSignal | undefined;
  }): Promise<AsyncIterableIterator<StreamedEvent, undefined>>;
  /** What the sign-in pages are built on. */
  readonly authorization: {
    /**
     * Starts a sign-in. Throws `SESSION_NOT_FOUND`, `AUTHORIZATION_FAILED`, `CANCELLED` when the user cancelled in the
     * meantime, or `RATE_LIMITED`.
     */
    start(sessionId: string, options?: StartOptions): Promise<Started>;
    /**
     * Finishes the sign-in that a callback belongs to. Throws `INVALID_STATE` and changes nothing when the user,
     * browser, address, issuer (RFC 9207) or sign-in does not match; `INVALID_INPUT` when the address is needed and not
     * given; `SESSION_NOT_FOUND` when the connection was removed in the meantime.
     */
    finish(callback: Callback): Promise<{ attemptId: string }>;
    /** Throws `INVALID_STATE` when the user has no such attempt. */
    status(attemptId: string): Promise<AttemptStatus>;
    /**
     * The same, once no request is finishing the sign-in any more: after at most half a minute, or when `signal`
     * aborts.
     */
    outcome(attemptId: string, options?: { signal?: AbortSignal | undefined }): Promise<AttemptStatus>;
  };
}
