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
  const post = (path: string, body: unknown) =>
    POST(
      new Request(`${origin}/api/mcp${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", origin },
        body: JSON.stringify(body),
      }),
    );
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
  return { post, fill, hostile, sessionId };
}

const name = "whoami";

test.each([
  ["tRPC", "/trpc/mcp.tools.call", (sessionId: string) => ({ sessionId, name }), ["error", "data", "mcp"]],
  ["REST", "/tool/call", (sessionId: string) => ({ sessionId, name }), ["error"]],
  [
    "the SSE address",
    "/sse",
    (sessionId: string) => ({ id: "1", method: "callTool", params: { sessionId, name } }),
    ["error"],
  ],
])(
  "a call for which a busy process has no room is a 503 with Retry-After over %s",
  async (_how, path, input, place) => {
    const { post, fill, hostile, sessionId } = await startFullApp();
    let answered = new Response();
    const isRefused = await eventually(async () => {
      await fill();
      hostile.resetRequests();
      answered = await post(path, input(sessionId));
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
  },
);
