import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import type { McpConnectionEvent } from "@mcp-assistant/mcp-redis/shared";
import { eventually } from "@mcp-assistant/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { openApp } from "./app.fixture.js";

/** Waits until a server listens, and closes it with the test. Returns its origin. */
export async function originOf(server: Server): Promise<string> {
  if (!server.listening) await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const bearer = (user: string) => ({ authorization: `Bearer token-of-${user}` });

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const all = { "content-type": "application/json", ...headers };
  return fetch(url, { method: "POST", headers: all, body: JSON.stringify(body) });
}

/** The events of a stream, as they arrive. */
async function readEvents(url: string, user: string) {
  const gone = new AbortController();
  onTestFinished(() => gone.abort());
  const { status, headers, body } = await fetch(url, { headers: bearer(user), signal: gone.signal });
  let text = "";
  const read = async () => {
    for await (const piece of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) text += piece;
  };
  read().catch(() => undefined);
  const events = () =>
    [...text.matchAll(/^event: connection\nid: \d+-\d+\ndata: (.+)\n\n/gm)].map(
      ([, data = ""]): McpConnectionEvent => JSON.parse(data),
    );
  return {
    status,
    type: headers.get("content-type"),
    events,
    until: (type: string) => eventually(() => events().find((event) => event.type === type)),
  };
}

/** What every example of the endpoint does. `start` returns its address, and ends it with the test. */
export function sseEndpointContract(start: () => Promise<string>): void {
  test("GET streams a snapshot and then the user's events, and POST makes calls", async () => {
    const modern = await startModernServer();
    onTestFinished(modern.close);
    const mcp = openApp([modern]);
    const url = await start();
    const [ada, grace] = [await readEvents(url, "ada"), await readEvents(url, "grace")];
    expect(ada).toMatchObject({ status: 200, type: expect.stringContaining("text/event-stream") });
    expect(await ada.until("reset")).toMatchObject({ connections: [] });

    const params = { serverUrl: modern.url, serverName: "My Server" };
    const connected = await post(url, { id: "1", method: "connect", params }, bearer("ada"));
    expect(connected.status).toBe(200);
    const [connection] = await mcp.forUser("ada").list();
    const { sessionId } = connection ?? expect.fail("There is no connection");
    expect(await connected.json()).toMatchObject({ id: "1", result: { sessionId, state: "CONNECTED" } });
    expect(await ada.until("tools_discovered")).toMatchObject({ sessionId, tools: { length: 4 } });

    const call = { sessionId, name: "add", arguments: { a: 20, b: 22 } };
    const called = await post(url, { id: "2", method: "callTool", params: call }, bearer("ada"));
    expect(await called.json()).toMatchObject({ id: "2", result: { structuredContent: { sum: 42 } } });

    // The connection is ada's alone.
    const refused = await post(url, { id: "3", method: "callTool", params: call }, bearer("grace"));
    expect(await refused.json()).toMatchObject({ id: "3", error: { code: "SESSION_NOT_FOUND" } });
    expect(grace.events()).toMatchObject([{ type: "reset", connections: [] }]);
  });

  test("a stranger gets nothing, also with a userId in the address", async () => {
    const mcp = openApp([]);
    const url = await start();
    for (const address of [url, `${url}?userId=ada`]) {
      const stream = await fetch(address, { headers: { accept: "text/event-stream" } });
      expect(stream.status).toBe(401);
      expect(await stream.text()).toMatch(/^(?:Unauthorized$|event: error\ndata: \{"code":"UNAUTHENTICATED")/);
      const answer = await post(address, { id: "1", method: "getSessions" });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ id: "1", error: { code: "UNAUTHENTICATED" } });
    }
    const asGrace = await post(`${url}?userId=ada`, { id: "1", method: "getSessions" }, bearer("grace"));
    expect(await asGrace.json()).toMatchObject({ error: { code: "REQUEST_REFUSED" } });
    expect(await mcp.forUser("ada").list()).toEqual([]);
  });
}
