import type {
  ConnectInput,
  Connection,
  ConnectResult,
  ErrorInfo,
  McpConnectionEvent,
  McpRpcMethod,
  McpRpcRequest,
  McpRpcResult,
  McpSessionError,
  ReconnectInput,
  ToolResult,
} from "@mcp-assistant/protocol";
import { cancelled, unreachable } from "../errors.js";
import { asError, errorOfStatus, readErrorInfo, unanswered } from "./errors.js";
import { type SSEClientStatus, SseStream } from "./sse-stream.js";

export type { SSEClientStatus };

export interface SSEClientOptions {
  /** Where `createSSEHandler` or `createMcpHandler` serves the stream, such as `/api/mcp/sse`. */
  url: string;
  /**
   * The user whom the page shows. It is only compared: if the server finds that another user is signed in, everything
   * is refused with `USER_CHANGED`. Who asks is decided by the app's own authentication.
   */
  userId?: string | undefined;
  /** Sent as `Authorization: Bearer …`, never in a URL. A function is called for every request. */
  authToken?: string | (() => string | Promise<string>) | undefined;
  /** Gets each event once, in order. The first one, and each `reset`, is a snapshot of all connections. */
  onConnectionEvent?: ((event: McpConnectionEvent) => void) | undefined;
  /** `error`: why the stream is not live, if that is known. */
  onStatusChange?: ((status: SSEClientStatus, error: McpSessionError | null) => void) | undefined;
  /** Gets what may help to find a problem. It holds no token and no event. */
  onLog?:
    | ((level: "debug" | "warn" | "error", message: string, metadata?: Record<string, unknown>) => void)
    | undefined;
  /** For tests, and for servers behind a proxy of your own. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/** The parameters of a method. */
type Params<TMethod extends McpRpcMethod> = Extract<McpRpcRequest, { method: TMethod }>["params"];

/** What changes nothing, so that it can be asked again. */
const repeatable: ReadonlySet<McpRpcMethod> = new Set(["getSessions", "listTools"]);

/**
 * A user's connections without a framework: their events as a stream, and calls. The stream opens again on its own, and
 * resumes after the last event. A call is sent once and never repeated. Calls reject with an `McpSessionError`.
 */
export class SSEClient {
  readonly #options: SSEClientOptions;
  readonly #stream: SseStream;
  #status: SSEClientStatus = "offline";
  #error: McpSessionError | null = null;
  #calls = 0;

  constructor(options: SSEClientOptions) {
    this.#options = options;
    this.#stream = new SseStream({
      request: (headers, signal) => this.#send({ headers, signal }),
      event: (event) => this.#tell("onConnectionEvent", (listener) => listener(event)),
      changed: (status, error) => this.#show(status, error),
    });
  }

  /** How fresh the events are. It says nothing about the servers: that is each connection's `state`. */
  get status(): SSEClientStatus {
    return this.#status;
  }

  /** Why the stream is not live, if that is known. */
  get error(): McpSessionError | null {
    return this.#error;
  }

  /** Opens the stream, also again after an error that ended it. Does nothing while it is open. */
  connect(): void {
    this.#stream.open();
  }

  /** Closes the stream. The connections stay as they are. */
  disconnect(): void {
    this.#stream.close();
    this.#show("offline", null);
  }

  /** All connections of the user, oldest first. */
  getSessions(): Promise<McpRpcResult<"getSessions">> {
    return this.#call("getSessions", undefined);
  }

  /** Connects to a server, or returns the existing connection. Open `authUrl`, if there is one, to sign in. */
  connectToServer(input: ConnectInput): Promise<ConnectResult> {
    return this.#call("connect", input);
  }

  /** Connects again with the existing sign-in. `headers` replace the custom headers of the connection. */
  reconnectToServer(sessionId: string, options: Pick<ReconnectInput, "headers"> = {}): Promise<ConnectResult> {
    return this.#call("reconnect", { ...options, sessionId });
  }

  /** Ends a connection, or cancels what is under way. The sign-in is kept. */
  async disconnectFromServer(sessionId: string): Promise<void> {
    await this.#call("disconnect", { sessionId });
  }

  /** The tools as last listed. */
  listTools(sessionId: string): Promise<McpRpcResult<"listTools">> {
    return this.#call("listTools", { sessionId });
  }

  /** Calls a tool. Its own failure is data: `isError: true`. */
  callTool(
    sessionId: string,
    name: string,
    args: Record<string, unknown> = {},
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<ToolResult> {
    return this.#call("callTool", { sessionId, name, arguments: args }, signal);
  }

  /** Asks the server of a connection for its tools now. A connection that cannot be used is returned as it is. */
  refreshSession(sessionId: string): Promise<Connection> {
    return this.#call("refreshSession", { sessionId });
  }

  /**
   * Finishes the sign-in that a callback belongs to, on a page of your own at one of the `callbackUrls`.
   * `callback`: its address or query, such as `location.search`.
   */
  finishAuth(callback: string | URL | URLSearchParams): Promise<Connection> {
    return this.#call("finishAuth", { callback: String(callback) });
  }

  async #call<TMethod extends McpRpcMethod>(
    method: TMethod,
    params: Params<TMethod>,
    signal?: AbortSignal,
  ): Promise<McpRpcResult<TMethod>> {
    this.#calls += 1;
    const request = { id: String(this.#calls), method, ...(params === undefined ? {} : { params }) };
    let status = 0;
    let answer: unknown;
    try {
      const response = await this.#send({
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
        ...(signal ? { signal } : {}),
      });
      status = response.status;
      answer = await response.json();
    } catch (cause) {
      throw asError(signal?.aborted ? cancelled : this.#unanswered(method, status), cause);
    }
    if (typeof answer === "object" && answer !== null) {
      // The server's answer has the type of its method.
      if ("result" in answer) return answer.result as McpRpcResult<TMethod>;
      const info = readErrorInfo("error" in answer ? answer.error : undefined);
      if (info) throw asError(info);
    }
    throw asError(this.#unanswered(method, status));
  }

  #unanswered(method: McpRpcMethod, status: number): ErrorInfo {
    const info = errorOfStatus(status);
    return info === unreachable && !repeatable.has(method) ? unanswered : info;
  }

  async #send(init: RequestInit & { headers: Record<string, string> }): Promise<Response> {
    const { url, userId, authToken, fetch: given } = this.#options;
    const token = typeof authToken === "function" ? await authToken() : authToken;
    const headers = {
      ...init.headers,
      ...(userId === undefined ? {} : { "x-mcp-user": encodeURIComponent(userId) }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    };
    // Called without an object, because a browser's fetch refuses to be another object's method.
    const send = given ?? fetch;
    return send(url, { cache: "no-store", ...init, headers });
  }

  #show(status: SSEClientStatus, info: ErrorInfo | null): void {
    if (this.#status === status && this.#error?.code === info?.code && this.#error?.message === info?.message) return;
    this.#status = status;
    this.#error = info && asError(info);
    const error = this.#error;
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
