import type {
  CallProgress,
  Completion,
  CompletionInput,
  ConnectInput,
  Connection,
  ConnectResult,
  EventId,
  ListedPrompts,
  ListedResources,
  ListedResourceTemplates,
  McpConnectionEvent,
  McpSessionError,
  PromptResult,
  ReadResourceResult,
  ReconnectInput,
  RenameInput,
  ToolInfo,
  ToolResult,
} from "@mcp-assistant/protocol";

/** One call of a tool. */
export interface ToolCall {
  name: string;
  arguments?: Record<string, unknown>;
  /** Aborts this call, here and on the server. It then rejects with `CANCELLED`. */
  signal?: AbortSignal;
  /** Called with what the event stream reports of this call until it has ended, also once its component has gone. */
  onProgress?: (progress: CallProgress) => void;
}

/** A prompt to fill in. */
export interface PromptRequest {
  name: string;
  arguments?: Record<string, string>;
  /** Aborts this request, here and on the server. It then rejects with `CANCELLED`. */
  signal?: AbortSignal;
}

/** A call as it is sent. */
interface SentToolCall extends Omit<ToolCall, "onProgress"> {
  /** Names the call in the `call_progress` events of the stream. */
  callId?: string;
}

/** Which events a stream begins with, and whose they are. */
export interface StreamRequest {
  /** The id to resume after. Undefined: begin with a snapshot. */
  lastEventId: EventId | undefined;
  /** The user whose events are wanted. The server refuses the stream if another user is signed in. Undefined: anyone's. */
  userKey: string | undefined;
}

export interface StreamListeners {
  /** The stream has opened. `userKey`: the user whose it is. Without one, it may still be refused. */
  opened(userKey?: string): void;
  event(id: EventId, event: McpConnectionEvent): void;
  /** The stream has ended and does not come back by itself. */
  ended(error: McpSessionError): void;
}

/** How the browser reaches the app. Every promise rejects with an `McpSessionError`. */
export interface Backend {
  /** The user's connections, oldest first. */
  list(): Promise<Connection[]>;
  connect(input: ConnectInput): Promise<ConnectResult>;
  reconnect(input: ReconnectInput): Promise<ConnectResult>;
  disconnect(sessionId: string): Promise<void>;
  signOut(sessionId: string): Promise<void>;
  remove(sessionId: string): Promise<void>;
  rename(input: RenameInput): Promise<void>;
  /** Asks the connection's server whether it still answers. */
  refreshSession(sessionId: string): Promise<Connection>;
  listTools(sessionId: string): Promise<ToolInfo[]>;
  callTool(sessionId: string, call: SentToolCall): Promise<ToolResult>;
  /** What the server says about its use, asked in a handshake of its own. Null: nothing. */
  instructions(sessionId: string, signal?: AbortSignal): Promise<string | null>;
  /** What the server offers now. Aborting the signal of this and the following gives up, here and on the server. */
  listResources(sessionId: string, signal?: AbortSignal): Promise<ListedResources>;
  listResourceTemplates(sessionId: string, signal?: AbortSignal): Promise<ListedResourceTemplates>;
  readResource(sessionId: string, uri: string, signal?: AbortSignal): Promise<ReadResourceResult>;
  /** Follows a resource for ten minutes. `follower` names the page: it is followed until the last one has gone. */
  subscribeResource(sessionId: string, uri: string, follower?: string): Promise<void>;
  unsubscribeResource(sessionId: string, uri: string, follower?: string): Promise<void>;
  listPrompts(sessionId: string, signal?: AbortSignal): Promise<ListedPrompts>;
  getPrompt(sessionId: string, request: PromptRequest): Promise<PromptResult>;
  complete(sessionId: string, input: CompletionInput, signal?: AbortSignal): Promise<Completion>;
  /** A key of the signed-in user that does not reveal their id. */
  userKey(signal: AbortSignal): Promise<string>;
  /** Opens the stream of the user's events. The returned function closes it: then no listener is called. */
  openStream(request: StreamRequest, listeners: StreamListeners): () => void;
}
