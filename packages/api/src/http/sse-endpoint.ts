import { subscribeInputSchema } from "@mcp-assistant/protocol";
import { mcpSseOptions } from "../router/sse-options.js";
import { userEvents } from "../stream/user-events.js";
import { userKeyOf } from "../stream/user-key.js";
import { type CallerOptions, identify } from "./edge/caller.js";
import type { Route } from "./edge/edge.js";
import { failureOf } from "./edge/failure.js";
import { parseInput } from "./edge/json-body.js";
import type { WriteRefusal } from "./edge/refusal.js";
import { asEventStream } from "./event-stream-response.js";
import { errorFrame, eventFrames } from "./sse/event-frames.js";
import { callRpc, readRpc, rpcResponse } from "./sse/rpc.js";

export interface SseEndpointOptions extends CallerOptions {
  /** ms between two heartbeats of a quiet stream. */
  heartbeatMs?: number;
}

/** Proxies must neither buffer nor transform a stream. */
const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** The header in which a reader that resumes names the user of its stream. */
const userKeyHeader = "x-mcp-user-key";

/** One address: GET is the user's event stream, POST answers an `McpRpcRequest` with an `McpRpcResponse`. */
export function createSseEndpoint(options: SseEndpointOptions): Route {
  return {
    audience: "app",
    methods: ["GET", "POST"],
    serve: (request, body) => (request.method === "GET" ? stream(request, options) : answer(request, body, options)),
  };
}

/** A refusal of {@link createSseEndpoint} at the edge: an `error` event for a stream, or else an `McpRpcResponse`. */
export const refusedSse =
  (method: string): WriteRefusal =>
  ({ info }, { status, headers }) => {
    if (method !== "GET") return rpcResponse({ id: null, error: info.toJSON() }, { status, headers });
    return new Response(errorFrame(info.toJSON()), {
      status,
      headers: { ...Object.fromEntries(headers), ...streamHeaders },
    });
  };

async function stream(request: Request, options: SseEndpointOptions): Promise<Response> {
  const { heartbeatMs = mcpSseOptions.ping.intervalMs } = options;
  const { maxDurationMs } = mcpSseOptions;
  const failed = (error: unknown) =>
    failureOf(error, {
      repeatable: true,
      report: (unexpected) => options.mcp.report("An event stream failed", unexpected),
    });
  // Some hosts cancel the body when the reader leaves, but never abort the request.
  const over = new AbortController();
  const signal = AbortSignal.any([request.signal, over.signal]);
  try {
    const { user, currentUserId, authorize } = await identify(request, options);
    const lastEventId = request.headers.get("last-event-id") || undefined;
    const input = parseInput(subscribeInputSchema, { lastEventId, userKey: request.headers.get(userKeyHeader) });
    const events = await userEvents(user, { ...input, currentUserId, authorize, signal });
    const frames = eventFrames(events, {
      userKey: userKeyOf(user.userId),
      heartbeatMs,
      maxDurationMs,
      tell: (error) => failed(error).info,
    });
    return asEventStream(new Response(frames, { headers: streamHeaders }), () => over.abort());
  } catch (error) {
    over.abort();
    const { info, init } = failed(error);
    return new Response(errorFrame(info), { ...init, headers: { ...init.headers, ...streamHeaders } });
  }
}

async function answer(request: Request, body: Uint8Array | undefined, options: SseEndpointOptions): Promise<Response> {
  const { id, parse } = readRpc(body);
  try {
    const { user } = await identify(request, options);
    const asked = parse();
    const { result, cookie } = await callRpc(asked, { request, user, baseUrl: options.mcp.baseUrl });
    return rpcResponse({ id: asked.id, result }, cookie ? { headers: { "set-cookie": cookie } } : {});
  } catch (error) {
    const report = (unexpected: unknown) => options.mcp.report("A request failed", unexpected);
    const { info, init } = failureOf(error, { report, repeatable: false });
    return rpcResponse({ id, error: info }, init);
  }
}
