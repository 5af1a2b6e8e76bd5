import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { type McpConnectionEvent, McpSessionError } from "@mcp-assistant/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "./app.fixture.js";
import { SSEClient, type SSEClientOptions } from "./sse-client.js";

let modern: DemoServer;
let app: TestApp;
let client: SSEClient;
let events: McpConnectionEvent[];
let statuses: string[];
const unhandled = vi.fn();

beforeEach(async () => {
  process.on("unhandledRejection", unhandled);
  modern = await startModernServer();
  app = await startTestApp(modern.hosts);
});
afterEach(async () => {
  vi.useRealTimers();
  client.disconnect();
  await app.close();
  await modern.close();
  process.off("unhandledRejection", unhandled);
  expect(unhandled.mock.calls).toEqual([]);
});

function open(options: Partial<SSEClientOptions> = {}) {
  events = [];
  statuses = [];
  client = new SSEClient({
    url: app.url,
    onConnectionEvent: (event) => void events.push(event),
    onStatusChange: (status, error) => void statuses.push(error ? `${status}: ${error.code}` : status),
    ...options,
  });
  return client;
}

const waitUntil = (check: () => void) => vi.waitFor(check, 10_000);
const live = () => waitUntil(() => expect(client.status).toBe("live"));
const streams = () => app.asked.filter(({ method }) => method === "GET");
const versions = () => events.map((event) => ("v" in event ? `${event.type} ${event.v}` : event.type));

async function connected() {
  const { sessionId } = await client.connectToServer({ serverUrl: modern.url, serverName: "Tools" });
  return sessionId;
}

test("the stream begins with a snapshot and has every change, and calls are answered", async () => {
  open();
  expect(client.status).toBe("offline");
  client.connect();
  client.connect();
  await live();
  expect(statuses).toEqual(["connecting", "live"]);
  expect(streams()).toHaveLength(1);
  const sessionId = await connected();
  await waitUntil(() => expect(events.map(({ type }) => type)).toContain("tools_discovered"));
  expect(events[0]).toMatchObject({ type: "reset", connections: [] });

  expect(await client.getSessions()).toEqual({
    sessions: [expect.objectContaining({ sessionId, serverName: "Tools" })],
  });
  expect((await client.listTools(sessionId)).tools).toHaveLength(4);
  const sum = await client.callTool(sessionId, "add", { a: 20, b: 22 });
  expect(sum).toMatchObject({ structuredContent: { sum: 42 } });
  expect(await client.refreshSession(sessionId)).toMatchObject({ sessionId, state: "CONNECTED" });
  expect(await client.disconnectFromServer(sessionId)).toBeUndefined();
  expect(await client.refreshSession(sessionId)).toMatchObject({ state: "DISCONNECTED" });
  expect(await client.reconnectToServer(sessionId)).toMatchObject({ state: "CONNECTED" });

  client.disconnect();
  expect(client.status).toBe("offline");
});

test("a failed call is one of our errors", async () => {
  open();
  const failed = await client.callTool("none", "add").catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(McpSessionError);
  expect(failed).toMatchObject({ code: "SESSION_NOT_FOUND", retryable: false });
  await expect(client.finishAuth("?code=a&state=b")).rejects.toMatchObject({ code: "INVALID_STATE" });
  await expect(client.connectToServer({ serverUrl: "ftp://a" })).rejects.toMatchObject({ code: "SERVER_URL_INVALID" });
  const signal = AbortSignal.abort();
  await expect(client.callTool("none", "add", {}, { signal })).rejects.toMatchObject({ code: "CANCELLED" });
});

test("neither userId nor authToken is in an address: the one is compared, the other is a header", async () => {
  const authToken = vi.fn(async () => "a-secret");
  open({ userId: app.user.id ?? "", authToken });
  client.connect();
  await live();
  await client.getSessions();
  expect(app.asked).toHaveLength(2);
  for (const { url, headers } of app.asked) {
    expect(url).toBe("/api/mcp/sse");
    expect(headers.authorization).toBe("Bearer a-secret");
  }
  client.disconnect();

  open({ userId: "grace", authToken: "a-secret" });
  client.connect();
  await waitUntil(() => expect(statuses).toEqual(["connecting", "offline: USER_CHANGED"]));
  await expect(client.getSessions()).rejects.toMatchObject({ code: "USER_CHANGED" });
  expect(events).toEqual([]);
});

test("an error from an earlier server, which sends it as an object, is a text", async () => {
  const info = { code: "NOT_MCP", message: "It is a web page", hint: "Check it.", retryable: false };
  const earlier = { type: "error", sessionId: "s1", serverId: "notes", at: "2026-01-02T03:04:05.678Z", v: 2 };
  app.instead = (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`event: connection\nid: 1-0\ndata: ${JSON.stringify({ ...earlier, error: info })}\n\n`);
  };
  open();
  client.connect();
  await waitUntil(() => expect(events).toEqual([{ ...earlier, error: info.message, info }]));
});

describe("a cut stream", () => {
  test("resumes after its last event, with nothing lost or repeated", async () => {
    open();
    client.connect();
    await live();
    const sessionId = await connected();
    for (let round = 0; round < 3; round += 1) {
      const last = events.length;
      app.cut();
      await app.mcp.forUser(app.user.id ?? "").disconnect(sessionId);
      await app.mcp.forUser(app.user.id ?? "").reconnect(sessionId);
      await waitUntil(() => expect(events.length).toBeGreaterThanOrEqual(last + 6));
      await live();
    }
    expect(statuses.every((status) => ["connecting", "live", "reconnecting"].includes(status))).toBe(true);
    expect(versions().filter((version) => version === "reset")).toHaveLength(1);
    expect(new Set(versions()).size).toBe(versions().length);
    expect(
      streams()
        .slice(1)
        .every(({ headers }) => /^\d+-\d+$/.test(String(headers["last-event-id"]))),
    ).toBe(true);
  });

  test("is retried for as long as a proxy answers for the app, which shows from the second time on", async () => {
    open();
    client.connect();
    await live();
    app.instead = (response) => void response.writeHead(502).end("<h1>Bad gateway</h1>");
    app.cut();
    await waitUntil(() => expect(statuses.at(-1)).toBe("reconnecting: APP_UNREACHABLE"));
    app.instead = undefined;
    await live();
    expect(statuses).toEqual(["connecting", "live", "reconnecting", "reconnecting: APP_UNREACHABLE", "live"]);
    expect(client.error).toBeNull();
  });

  test("is never resumed as another user", async () => {
    open();
    client.connect();
    await live();
    app.user.id = "another user";
    app.cut();
    await waitUntil(() => expect(statuses.at(-1)).toBe("offline: USER_CHANGED"));
    expect(versions()).toEqual(["reset"]);
    client.connect();
    await live();
    expect(versions()).toEqual(["reset", "reset"]);
  });

  test("counts as cut when it is silent for longer than a heartbeat takes", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    app.instead = (response) =>
      void response.writeHead(200, { "content-type": "text/event-stream" }).write(": user a\n\n");
    open();
    client.connect();
    await live();
    await vi.advanceTimersByTimeAsync(44_000);
    expect(client.status).toBe("live");
    await vi.advanceTimersByTimeAsync(1_000);
    await waitUntil(() => expect(client.status).toBe("reconnecting"));
    await vi.advanceTimersByTimeAsync(500);
    await waitUntil(() => expect(streams()).toHaveLength(2));
  });
});

test.each([
  ["its status", (code: number) => code],
  ["a host that loses the status", () => 200],
])("a refusal ends the stream, with %s, until it is opened again", async (_how, statusOf) => {
  app.user.id = null;
  const error = { code: "ACCESS_DENIED", message: "No", hint: "Ask.", retryable: false };
  app.instead = (response) => {
    response.writeHead(statusOf(403), { "content-type": "text/event-stream" });
    response.end(`event: error\ndata: ${JSON.stringify(error)}\n\n`);
  };
  open();
  client.connect();
  await waitUntil(() => expect(statuses).toEqual(["connecting", "offline: ACCESS_DENIED"]));
  expect(client.error).toMatchObject({ message: "No", hint: "Ask." });
  app.instead = undefined;
  client.connect();
  await waitUntil(() => expect(statuses.at(-1)).toBe("offline: UNAUTHENTICATED"));
  app.user.id = "ada";
  client.connect();
  await live();
  expect(client.error).toBeNull();
});

test("a call is sent once, and whether it was done is left open", async () => {
  open();
  app.instead = (response) => void response.destroy();
  await expect(client.callTool("a", "add")).rejects.toMatchObject({
    code: "APP_UNREACHABLE",
    retryable: false,
    hint: expect.stringContaining("may have completed"),
  });
  expect(app.asked).toHaveLength(1);
  await expect(client.getSessions()).rejects.toMatchObject({ code: "APP_UNREACHABLE", retryable: true });
  for (const [status, code] of [
    [401, "UNAUTHENTICATED"],
    [502, "APP_UNREACHABLE"],
    [200, "APP_UNREACHABLE"],
  ] as const) {
    app.instead = (response) => void response.writeHead(status).end("<h1>Not the app</h1>");
    await expect(client.callTool("a", "add")).rejects.toMatchObject({ code });
  }
});

test("a listener that throws, and a log that throws, do not end the stream", async () => {
  const fail = () => {
    throw new Error("in the app");
  };
  const onConnectionEvent = vi.fn(fail);
  open({ onConnectionEvent, onStatusChange: fail, onLog: fail });
  client.connect();
  await live();
  await connected();
  await waitUntil(() => expect(onConnectionEvent.mock.calls.length).toBeGreaterThan(3));
});

test("an authUrl that a browser would run reaches no page", async () => {
  const authUrl = "javascript:alert(1)";
  const of = { sessionId: "a", serverId: "a", at: "2026-01-01T00:00:00Z", v: 1 };
  const sent = [
    {
      type: "reset",
      at: of.at,
      connections: [
        { ...of, authUrl },
        { ...of, authUrl: "https://app.example.com/" },
      ],
    },
    { type: "auth_required", ...of, authUrl },
    { type: "state_changed", ...of, connection: { ...of, authUrl } },
  ];
  app.instead = (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const event of sent) response.write(`event: connection\nid: 1-0\ndata: ${JSON.stringify(event)}\n\n`);
  };
  open();
  client.connect();
  await waitUntil(() => expect(events).toHaveLength(2));
  expect(JSON.stringify(events)).not.toContain("javascript:");
  expect(JSON.stringify(events)).toContain("https://app.example.com/");
});

test("a closed client leaves no stream open", async () => {
  open();
  client.connect();
  await live();
  client.disconnect();
  client.disconnect();
  expect(statuses).toEqual(["connecting", "live", "offline"]);
  const before = app.asked.length;
  app.cut();
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(app.asked).toHaveLength(before);
});
