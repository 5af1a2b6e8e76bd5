import { expect, test, vi } from "vitest";
import { startWorkingServer, type WorkingCall } from "../../core/test/working-server.js";
import { appOfAda } from "./app-of-ada.js";

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
  const { origin, sessionId } = await appOfAda(server);
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
