import type {
  CompletionInput,
  ConnectInput,
  Connection,
  ConnectResult,
  EventId,
  McpConnectionEvent,
  McpRpcResult,
  McpSessionError,
  ReconnectInput,
  ToolResult,
} from "@mcp-assistant/protocol";
import { asError } from "../backend/error-info.js";
import { createSseEndpoint, type SseEndpoint, type SseEndpointOptions } from "../backend/sse-endpoint.js";
import { withOwnAuthUrls } from "../sign-in/sign-in-page.js";
import { EventStream } from "../stream/event-stream.js";
import { browserNetwork } from "../stream/network.js";
import type { StreamState, StreamStatus } from "../stream/stream-state.js";

export interface SSEClientOptions extends SseEndpointOptions {
  /** Gets each event once, in order. The first one, and each `reset`, is a snapshot of all connections. */
  onConnectionEvent?: ((event: McpConnectionEvent) => void) | undefined;
  /** `error`: why the stream is not live, if that is known. */
  onStatusChange?: ((status: StreamStatus, error: McpSessionError | null) => void) | undefined;
  /** Gets what may help to find a problem. It holds no token and no event. */
  onLog?:
    | ((level: "debug" | "warn" | "error", message: string, metadata?: Record<string, unknown>) => void)
    | undefined;
}

interface Abortable {
  /** Aborts the request, here and on the server. */
  signal?: AbortSignal;
}

/** Pages navigate to an `authUrl`, and a browser would run some addresses. Where its app has the page is not known here. */
const isWebAddress = (authUrl: string) => /^https?:\/\//i.test(authUrl);

/**
 * A user's connections without a framework: their events as a stream, and calls. The stream opens again on its own, and
 * resumes after the last event. A call is sent once and never repeated. Calls reject with an `McpSessionError`.
 */
export class SSEClient {
  readonly #options: SSEClientOptions;
  readonly #endpoint: SseEndpoint;
  #status: StreamStatus = "offline";
  #error: McpSessionError | null = null;
  #close: (() => void) | undefined;

  constructor(options: SSEClientOptions) {
    this.#options = options;
    this.#endpoint = createSseEndpoint(options);
  }

  /** How fresh the events are. It says nothing about the servers: that is each connection's `state`. */
  get status(): StreamStatus {
    return this.#status;
  }

  /** Why the stream is not live, if that is known. */
  get error(): McpSessionError | null {
    return this.#error;
  }

  /** Opens the stream, also again after an error that ended it. Does nothing while it is open. */
  connect(): void {
    const hasEnded = this.#error?.retryable === false;
    if (this.#close && !hasEnded) return;
    this.#close?.();
    let lastEventId: EventId | undefined;
    const sink = {
      get lastEventId() {
        return lastEventId;
      },
      record: (id: EventId, event: McpConnectionEvent) => {
        lastEventId = id;
        const shown = withOwnAuthUrls(event, isWebAddress);
        if (shown) this.#tell("onConnectionEvent", (listener) => listener(shown));
      },
    };
    const stream = new EventStream({ backend: this.#endpoint, network: browserNetwork, userKey: undefined, sink });
    const show = () => this.#show(stream.state.get());
    const close = stream.open();
    show();
    const stopShowing = stream.state.subscribe(show);
    this.#close = () => {
      stopShowing();
      close();
    };
  }

  /** Closes the stream. The connections stay as they are. The next `connect` begins with a snapshot. */
  disconnect(): void {
    this.#close?.();
    this.#close = undefined;
    this.#show({ status: "offline", error: null });
  }

  /** All connections of the user, oldest first. */
  getSessions(): Promise<McpRpcResult<"getSessions">> {
    return this.#endpoint.call("getSessions", undefined);
  }

  /** Connects to a server, or returns the existing connection. Open `authUrl`, if there is one, to sign in. */
  connectToServer(input: ConnectInput): Promise<ConnectResult> {
    return this.#endpoint.call("connect", input);
  }

  /** Connects again with the existing sign-in. `headers` replace the custom headers of the connection. */
  reconnectToServer(sessionId: string, options: Pick<ReconnectInput, "headers"> = {}): Promise<ConnectResult> {
    return this.#endpoint.call("reconnect", { ...options, sessionId });
  }

  /** Ends a connection, or cancels what is under way. The sign-in is kept. */
  async disconnectFromServer(sessionId: string): Promise<void> {
    await this.#endpoint.call("disconnect", { sessionId });
  }

  /** The tools as last listed. */
  listTools(sessionId: string): Promise<McpRpcResult<"listTools">> {
    return this.#endpoint.call("listTools", { sessionId });
  }

  /** Calls a tool. Its own failure is data: `isError: true`. */
  callTool(
    sessionId: string,
    name: string,
    args: Record<string, unknown> = {},
    { signal }: Abortable = {},
  ): Promise<ToolResult> {
    return this.#endpoint.call("callTool", { sessionId, name, arguments: args }, signal);
  }

  /** The server's resources, asked of it now. Empty if it offers none. */
  listResources(sessionId: string, { signal }: Abortable = {}): Promise<McpRpcResult<"listResources">> {
    return this.#endpoint.call("listResources", { sessionId }, signal);
  }

  /** The server's resource templates, asked of it now. */
  listResourceTemplates(sessionId: string, { signal }: Abortable = {}): Promise<McpRpcResult<"listResourceTemplates">> {
    return this.#endpoint.call("listResourceTemplates", { sessionId }, signal);
  }

  /** Reads a resource. */
  readResource(sessionId: string, uri: string, { signal }: Abortable = {}): Promise<McpRpcResult<"readResource">> {
    return this.#endpoint.call("readResource", { sessionId, uri }, signal);
  }

  /** Follows a resource for ten minutes: `resource_updated` tells when it changes. Call it again to go on. */
  async subscribeResource(sessionId: string, uri: string): Promise<void> {
    await this.#endpoint.call("subscribeResource", { sessionId, uri });
  }

  /** Ends that. */
  async unsubscribeResource(sessionId: string, uri: string): Promise<void> {
    await this.#endpoint.call("unsubscribeResource", { sessionId, uri });
  }

  /** The server's prompts, asked of it now. */
  listPrompts(sessionId: string, { signal }: Abortable = {}): Promise<McpRpcResult<"listPrompts">> {
    return this.#endpoint.call("listPrompts", { sessionId }, signal);
  }

  /** Fills in a prompt. */
  getPrompt(
    sessionId: string,
    name: string,
    args: Record<string, string> = {},
    { signal }: Abortable = {},
  ): Promise<McpRpcResult<"getPrompt">> {
    return this.#endpoint.call("getPrompt", { sessionId, name, arguments: args }, signal);
  }

  /** The server's proposals for an argument of a prompt, or a variable of a resource template. */
  complete(sessionId: string, input: CompletionInput, { signal }: Abortable = {}): Promise<McpRpcResult<"complete">> {
    return this.#endpoint.call("complete", { sessionId, ...input }, signal);
  }

  /** Asks the server of a connection for its tools now. A connection that cannot be used is returned as it is. */
  refreshSession(sessionId: string): Promise<Connection> {
    return this.#endpoint.call("refreshSession", { sessionId });
  }

  /**
   * Finishes the sign-in that a callback belongs to, on a page of your own at one of the `callbackUrls`.
   * `callback`: its whole address, such as `location.href`.
   */
  finishAuth(callback: string | URL | URLSearchParams): Promise<Connection> {
    return this.#endpoint.call("finishAuth", { callback: String(callback) });
  }

  #show({ status, error: info }: StreamState): void {
    if (this.#status === status && this.#error?.code === info?.code && this.#error?.message === info?.message) return;
    const error = info && asError(info);
    this.#status = status;
    this.#error = error;
    this.#log(error ? "warn" : "debug", `The event stream is ${status}`, error ? { code: error.code } : undefined);
    this.#tell("onStatusChange", (listener) => listener(status, error));
  }

  /** Calls a listener of the app. Its failure must not end the stream, which serves the others. */
  #tell<TName extends "onConnectionEvent" | "onStatusChange">(
    name: TName,
    call: (listener: NonNullable<SSEClientOptions[TName]>) => void,
  ): void {
    const listener = this.#options[name];
    try {
      if (listener) call(listener);
    } catch (error) {
      this.#log("error", `${name} failed`);
      globalThis.reportError?.(error);
    }
  }

  #log(level: "debug" | "warn" | "error", message: string, metadata?: Record<string, unknown>): void {
    try {
      this.#options.onLog?.(level, message, metadata);
    } catch {
      // There is nowhere left to report this.
    }
  }
}
