import { createMcp } from "@mcp-assistant/core";
import { expect, onTestFinished, test } from "vitest";
import { createMcpHandler } from "../src/index.js";

const origin = "http://127.0.0.1:9";

/** Asks for one stream more than the process allows. */
async function askForOneMore(path: string): Promise<Response> {
  const mcp = createMcp({ storage: "memory", baseUrl: origin, limits: { streams: 1 }, logger: null });
  const stream = await mcp.forUser("eve").subscribe();
  onTestFinished(async () => {
    await stream.return?.();
    await mcp.close();
  });
  const { GET } = createMcpHandler({ mcp, userId: () => "ada" });
  return GET(new Request(`${origin}/api/mcp${path}`, { headers: { accept: "text/event-stream" } }));
}

const busy = {
  code: "LIMIT_EXCEEDED",
  message: "This app is busy: as many event streams are open as it allows: 1",
  hint: "Try again in 2 seconds.",
  operatorHint: "Raise limits.streams, or run more processes.",
  retryable: true,
  retryAfter: 2_000,
};

/** The data of the only error in a stream. */
async function errorIn(response: Response, event: string): Promise<unknown> {
  const data = new RegExp(`^event: ${event}\ndata: (.*)$`, "m").exec(await response.text())?.[1];
  return JSON.parse(data ?? "null");
}

test("a stream too many for the process is told in the stream when to try again, over tRPC", async () => {
  const response = await askForOneMore("/trpc/mcp.events.subscribe?input={}");
  expect(await errorIn(response, "serialized-error")).toMatchObject({ data: { httpStatus: 503, mcp: busy } });
});

test("a stream too many for the process is a 503 with Retry-After, at the SSE address", async () => {
  const response = await askForOneMore("/sse");
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("2");
  expect(await errorIn(response, "error")).toEqual(busy);
});
