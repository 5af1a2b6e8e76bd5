import type { ErrorInfo, McpRpcMethod, McpRpcRequest, McpRpcResult } from "@mcp-assistant/protocol";
import { cancelled, unreachable } from "../errors.js";
import type { Backend } from "./backend.js";
import { asError, errorOfStatus, readErrorInfo, unanswered } from "./error-info.js";
import { readSseStream } from "./sse-stream.js";

export interface SseEndpointOptions {
  /** Where `createSSEHandler` or `createMcpHandler` serves the stream, such as `/api/mcp/sse`. */
  url: string;
  /**
   * The user whom the page shows. It is only compared: if the server finds that another user is signed in, everything
   * is refused with `USER_CHANGED`. Who asks is decided by the app's own authentication.
   */
  userId?: string | undefined;
  /** Sent as `Authorization: Bearer …`, never in a URL. A function is called for every request. */
  authToken?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /** For tests, and for servers behind a proxy of your own. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/** The parameters of a method. */
type Params<TMethod extends McpRpcMethod> = Extract<McpRpcRequest, { method: TMethod }>["params"];

/** One address of the app, where GET streams a user's events and POST makes calls. */
export interface SseEndpoint extends Pick<Backend, "openStream"> {
  /** Makes one call, which is never repeated. Rejects with an `McpSessionError`. */
  call<TMethod extends McpRpcMethod>(
    method: TMethod,
    params: Params<TMethod>,
    signal?: AbortSignal,
  ): Promise<McpRpcResult<TMethod>>;
}

/** What changes nothing, so that it can be asked again. */
const repeatable: ReadonlySet<McpRpcMethod> = new Set([
  ...(["getSessions", "listTools", "userKey"] as const),
  ...(["listResources", "listResourceTemplates", "readResource", "listPrompts", "getPrompt", "complete"] as const),
  ...(["subscribeResource", "unsubscribeResource"] as const),
]);

export function createSseEndpoint(options: SseEndpointOptions): SseEndpoint {
  let calls = 0;

  async function send(init: RequestInit & { headers: Record<string, string> }): Promise<Response> {
    const { url, userId, authToken, fetch: given } = options;
    const token = typeof authToken === "function" ? await authToken() : authToken;
    const headers = {
      ...init.headers,
      ...(userId === undefined ? {} : { "x-mcp-user": encodeURIComponent(userId) }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    };
    // Called without an object, because a browser's fetch refuses to be another object's method.
    const ask = given ?? fetch;
    return ask(url, { cache: "no-store", ...init, headers });
  }

  return {
    async call(method, params, signal) {
      calls += 1;
      const request = { id: String(calls), method, ...(params === undefined ? {} : { params }) };
      let status = 0;
      let answer: unknown;
      try {
        const response = await send({
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(request),
          ...(signal ? { signal } : {}),
        });
        status = response.status;
        answer = await response.json();
      } catch (cause) {
        throw asError(signal?.aborted ? cancelled : withoutAnswer(method, status), cause);
      }
      if (typeof answer === "object" && answer !== null) {
        // The server's answer has the type of its method.
        if ("result" in answer) return answer.result as McpRpcResult<typeof method>;
        const info = readErrorInfo("error" in answer ? answer.error : undefined);
        if (info) throw asError(info);
      }
      throw asError(withoutAnswer(method, status));
    },
    openStream: (request, listeners) =>
      readSseStream((headers, signal) => send({ headers, signal }), request, listeners),
  };
}

function withoutAnswer(method: McpRpcMethod, status: number): ErrorInfo {
  const info = errorOfStatus(status);
  return info === unreachable && !repeatable.has(method) ? unanswered : info;
}
