import { createMcp } from "@mcp-assistant/core";
import { errorInfoSchema } from "@mcp-assistant/protocol";
import { eventually } from "@mcp-assistant/testing/eventually";
import { startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { createMcpHandler } from "../src/index.js";

const origin = "http://127.0.0.1:9";

/** An app that has room for one answer of 200 KB, a user "eve" whose call holds most of it, and a user "ada". */
async function startBusyApp() {
  const [hostile, honest] = await Promise.all([startHostileMcpServer(), startHostileMcpServer()]);
  const mcp = createMcp({
    storage: "memory",
    baseUrl: origin,
    outbound: { allowHosts: [hostile.host, honest.host] },
    limits: { answerBytes: 1, resultBytes: 200_000, toolListBytes: 200_000 },
    logger: null,
  });
  onTestFinished(async () => {
    await mcp.close();
    await Promise.all([hostile.close(), honest.close()]);
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
  const ada = await mcp.forUser("ada").connect({ serverUrl: honest.url });
  hostile.lie({ answers: { "tools/call": { kind: "flood", as: "endless", bytes: 131_072 } } });
  honest.lie({ answers: { "tools/call": { kind: "flood", as: "json", bytes: 131_072 } } });
  /** Ada's call, once eve's answer has begun to arrive. */
  const crowdOut = () =>
    eventually(async () => {
      expect(hostile.requests()).toContain("tools/call");
      const { content } = await mcp.forUser("ada").callTool(ada.sessionId, "whoami");
      return content.length === 1;
    });
  return { post, crowdOut, sessionId };
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
    const { post, crowdOut, sessionId } = await startBusyApp();
    let answered: Response | undefined;
    const asking = post(path, input(sessionId)).then((response) => {
      answered = response;
    });
    await eventually(async () => (await crowdOut()) && answered);
    await asking;
    expect(answered?.status).toBe(503);
    expect(answered?.headers.get("retry-after")).toBe("2");
    const error = errorInfoSchema.parse(
      place.reduce((part, key) => Reflect.get(Object(part), key), await answered?.json()),
    );
    expect(error).toEqual({
      code: "LIMIT_EXCEEDED",
      message: "This app is busy: it is already reading as many answers as it can",
      hint: "Try again in 2 seconds. Before that, note that the server may have completed this request.",
      operatorHint: "Raise limits.answerBytes, or run more processes.",
      retryable: true,
      retryAfter: 2_000,
    });
  },
);
