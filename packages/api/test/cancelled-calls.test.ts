import { createServer } from "node:http";
import { createMcp } from "@mcp-assistant/core";
import { freePort } from "@mcp-assistant/testkit/ports";
import { expect, onTestFinished, test, vi } from "vitest";
import { startWorkingServer, type WorkingCall } from "../../core/test/working-server.js";
import { createMcpHandler, toNodeHandler } from "../src/index.js";

/** A browser's way to call the tool `work`, which never answers: the whole chain over HTTP. */
async function calling(era: "legacy" | "modern") {
  const calls: WorkingCall[] = [];
  const server = await startWorkingServer({
    era,
    work: (call) => {
      calls.push(call);
      return new Promise((resolve) => call.signal.addEventListener("abort", () => resolve("stopped")));
    },
  });
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const mcp = createMcp({
    ...{ storage: "memory", baseUrl: origin, logger: null },
    outbound: { allowHosts: [server.host] },
  });
  const app = createServer(toNodeHandler(createMcpHandler({ mcp, userId: () => "ada" })));
  await new Promise<void>((resolve) => app.listen(port, "127.0.0.1", resolve));
  onTestFinished(async () => {
    app.closeAllConnections();
    app.close();
    await mcp.close();
  });
  const { sessionId } = await mcp.forUser("ada").connect({ serverUrl: server.url });
  const post = (path: string, body: unknown, signal: AbortSignal) =>
    fetch(`${origin}/api/mcp${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", origin },
      body: JSON.stringify(body),
      signal,
    });
  return { sessionId, calls, post };
}

const input = (sessionId: string) => ({ sessionId, name: "work", arguments: {} });

test.each([
  ["tRPC", "legacy", "/trpc/mcp.tools.call", input],
  ["tRPC", "modern", "/trpc/mcp.tools.call", input],
  ["REST", "legacy", "/tool/call", input],
  ["REST", "modern", "/tool/call", input],
  ["SSE RPC", "legacy", "/sse", (id: string) => ({ id: "1", method: "callTool", params: input(id) })],
  ["SSE RPC", "modern", "/sse", (id: string) => ({ id: "1", method: "callTool", params: input(id) })],
] as const)("a browser that gives up a call over %s stops the handler of a %s server", async (_, era, path, bodyOf) => {
  const { sessionId, calls, post } = await calling(era);
  const browser = new AbortController();
  const answer = post(path, bodyOf(sessionId), browser.signal);
  await vi.waitFor(() => expect(calls).toHaveLength(1));
  browser.abort();
  await expect(answer).rejects.toThrow();
  await vi.waitFor(() => expect(calls[0]?.signal.aborted).toBe(true));
});
