import { createMcp } from "@mcp-assistant/core";
import { errorInfoSchema } from "@mcp-assistant/protocol";
import { eventually } from "@mcp-assistant/testing/eventually";
import { startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { createMcpHandler } from "../src/index.js";

const origin = "http://127.0.0.1:9";

/** An app that has room for one answer of 200 KB, and a call that holds nearly all of it. */
async function startFullApp() {
  const hostile = await startHostileMcpServer();
  const mcp = createMcp({
    storage: "memory",
    baseUrl: origin,
    outbound: { allowHosts: [hostile.host] },
    limits: { answerBytes: 1, resultBytes: 200_000, toolListBytes: 200_000 },
    logger: null,
  });
  const gone = new AbortController();
  onTestFinished(async () => {
    gone.abort();
    await mcp.close();
    await hostile.close();
  });
  const { POST } = createMcpHandler({ mcp, userId: () => "eve" });
  const post = async (path: string, body: unknown) => {
    const answered = await POST(
      new Request(`${origin}/api/mcp${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", origin },
        body: JSON.stringify(body),
      }),
    );
    // An answer that is not read holds its room.
    return new Response(await answered.text(), answered);
  };
  const { sessionId } = await mcp.forUser("eve").connect({ serverUrl: hostile.url });
  let isFull = false;
  /** Begins a call that takes nearly all the room, unless there is one. Another call may have been faster to take some. */
  const fill = async () => {
    if (isFull) return;
    isFull = true;
    hostile.lie({ answers: { "tools/call": { kind: "flood", as: "endless", bytes: 196_608 } } });
    hostile.resetRequests();
    const calling = mcp.forUser("eve").callTool(sessionId, "whoami", {}, { signal: gone.signal });
    calling.catch(() => {
      isFull = false;
    });
    expect(await eventually(() => hostile.requests().includes("tools/call"))).toBe(true);
    // The answers to other calls are small.
    hostile.lie();
  };
  const states = async () => (await mcp.forUser("eve").list()).map(({ state }) => state);
  return { post, fill, hostile, sessionId, states };
}

const name = "whoami";
type Input = (session: { sessionId: string; serverUrl: string }) => unknown;
const ofCall: Input = ({ sessionId }) => ({ sessionId, name });
const ofReconnect: Input = ({ sessionId }) => ({ sessionId });
const ofConnect: Input = ({ serverUrl }) => ({ serverUrl, serverId: "another" });
const rpc =
  (method: string, input: Input): Input =>
  (session) => ({ id: "1", method, params: input(session) });
const ofTrpc = ["error", "data", "mcp"];

test.each<[string, string, Input, (string | number)[]]>([
  ["a call over tRPC", "/trpc/mcp.tools.call", ofCall, ofTrpc],
  ["a call over REST", "/tool/call", ofCall, ["error"]],
  ["a call over the SSE address", "/sse", rpc("callTool", ofCall), ["error"]],
  ["a call in a batch", "/trpc/mcp.tools.call?batch=1", (of) => ({ 0: ofCall(of) }), [0, ...ofTrpc]],
  ["a connect over tRPC", "/trpc/mcp.connections.connect", ofConnect, ofTrpc],
  ["a connect over REST", "/connect", ofConnect, ["error"]],
  ["a connect over the SSE address", "/sse", rpc("connect", ofConnect), ["error"]],
  ["a connect in a batch", "/trpc/mcp.connections.connect?batch=1", (of) => ({ 0: ofConnect(of) }), [0, ...ofTrpc]],
  ["a reconnect over tRPC", "/trpc/mcp.connections.reconnect", ofReconnect, ofTrpc],
  [
    "a reconnect in a batch",
    "/trpc/mcp.connections.reconnect?batch=1",
    (of) => ({ 0: ofReconnect(of) }),
    [0, ...ofTrpc],
  ],
  ["a check over tRPC", "/trpc/mcp.connections.refreshSession", ofReconnect, ofTrpc],
])("%s for which a busy process has no room is a 503 with Retry-After", async (_what, path, input, place) => {
  const { post, fill, hostile, sessionId, states } = await startFullApp();
  let answered = new Response();
  const isRefused = await eventually(async () => {
    await fill();
    hostile.resetRequests();
    answered = await post(path, input({ sessionId, serverUrl: hostile.url }));
    return answered.status === 503;
  });
  expect(isRefused).toBe(true);
  expect(answered.headers.get("retry-after")).toBe("2");
  const error = errorInfoSchema.parse(
    place.reduce((part, key) => Reflect.get(Object(part), key), await answered.json()),
  );
  expect(error).toEqual({
    code: "LIMIT_EXCEEDED",
    message: "This app is busy: it is already reading as many answers as it can",
    hint: "Try again in 2 seconds.",
    operatorHint: "Raise limits.answerBytes, or run more processes.",
    retryable: true,
    retryAfter: 2_000,
  });
  expect(hostile.requests()).toEqual([]);
  expect(new Set(await states())).toEqual(new Set(["CONNECTED"]));
});
