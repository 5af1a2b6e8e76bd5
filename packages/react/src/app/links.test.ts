import { EventSource } from "eventsource";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startApp, type TestApp } from "../app.fixture.js";
import { createMcpTrpcClient } from "./trpc.js";

let app: TestApp;

beforeEach(async () => {
  app = await startApp();
});

afterEach(() => app.close());

function createClient() {
  const requests: { method: string; path: string; token: string | null }[] = [];
  const client = createMcpTrpcClient({
    url: `${app.origin}/api/mcp/trpc`,
    headers: async () => ({ authorization: "Bearer t" }),
    EventSource,
    fetch: (target, init) => {
      const { method, url, headers } = new Request(target, init);
      requests.push({
        method,
        path: new URL(url).pathname.slice("/api/mcp/trpc/".length),
        token: headers.get("authorization"),
      });
      return fetch(target, init);
    },
  });
  return { client: client.mcp, requests };
}

const token = "Bearer t";

test("queries are sent in batches of at most ten", async () => {
  const { client, requests } = createClient();
  await Promise.all(Array.from({ length: 11 }, () => client.connections.list.query()));
  const ten = Array.from({ length: 10 }, () => "mcp.connections.list").join();
  expect(requests).toEqual([
    { method: "GET", path: ten, token },
    { method: "GET", path: "mcp.connections.list", token },
  ]);
});

test("mutations are sent separately, so that none waits for another", async () => {
  const { client, requests } = createClient();
  const remove = (sessionId: string) => client.connections.remove.mutate({ sessionId }).catch(() => undefined);
  await Promise.all([remove("s1"), remove("s2")]);
  const one = { method: "POST", path: "mcp.connections.remove", token };
  expect(requests).toEqual([one, one]);
});

test("the event stream has the headers, too, if the EventSource can send them", async () => {
  const { client, requests } = createClient();
  const onData = vi.fn();
  const subscription = client.events.subscribe.subscribe({}, { onData });
  await vi.waitFor(() => expect(onData).toHaveBeenCalled());
  subscription.unsubscribe();
  expect(requests).toEqual([{ method: "GET", path: "mcp.events.subscribe", token }]);
});
