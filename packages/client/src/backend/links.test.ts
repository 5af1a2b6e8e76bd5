import type { StreamedEvent } from "@mcp-assistant/core";
import { EventSource } from "eventsource";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startApp, type TestApp } from "../app.fixture.js";
import type { Backend } from "./backend.js";
import type { LinkOptions } from "./links.js";
import { createTrpcBackend } from "./trpc-backend.js";

const token = "Bearer t";

let app: TestApp;

/** Of all requests of a test. */
let urls: string[];

beforeEach(async () => {
  urls = [];
  app = await startApp();
});

afterEach(() => app.close());

function createClient(
  options: Partial<LinkOptions> = { headers: async () => ({ authorization: token }), EventSource },
) {
  const requests: { method: string; path: string; token: string | null }[] = [];
  const backend = createTrpcBackend({
    url: `${app.origin}/api/mcp/trpc`,
    ...options,
    fetch: (target, init) => {
      const { method, url, headers } = new Request(target, init);
      urls.push(url);
      requests.push({
        method,
        path: new URL(url).pathname.slice("/api/mcp/trpc/".length),
        token: headers.get("authorization"),
      });
      return fetch(target, init);
    },
  });
  return { backend, requests };
}

test("queries are sent in batches of at most ten", async () => {
  const { backend, requests } = createClient();
  await Promise.all(Array.from({ length: 11 }, () => backend.list()));
  const ten = Array.from({ length: 10 }, () => "mcp.connections.list").join();
  expect(requests).toEqual([
    { method: "GET", path: ten, token },
    { method: "GET", path: "mcp.connections.list", token },
  ]);
});

test("mutations are sent separately, so that none waits for another", async () => {
  const { backend, requests } = createClient();
  const remove = (sessionId: string) => backend.remove(sessionId).catch(() => undefined);
  await Promise.all([remove("s1"), remove("s2")]);
  const one = { method: "POST", path: "mcp.connections.remove", token };
  expect(requests).toEqual([one, one]);
});

async function readOneEvent(backend: Backend): Promise<void> {
  const event = vi.fn();
  const userKey = await backend.userKey(new AbortController().signal);
  const request = { lastEventId: undefined, userKey };
  const close = backend.openStream(request, { opened: () => undefined, event, ended: () => undefined });
  await vi.waitFor(() => expect(event).toHaveBeenCalled());
  close();
}

const withToken = (paths: string[], expected: string) =>
  paths.map((path) => ({ method: "GET", path, token: expected }));

test("the event stream has the headers, too, if the EventSource can send them", async () => {
  const { backend, requests } = createClient();
  await readOneEvent(backend);
  expect(requests).toEqual(withToken(["mcp.events.userKey", "mcp.events.subscribe"], token));
});

test("a token of the app's own sign-in is in the header of every request and of the stream, and in no URL", async () => {
  let authToken = "first-secret";
  const { backend, requests } = createClient({ authToken: () => authToken });
  await readOneEvent(backend);
  authToken = "second-secret";
  await readOneEvent(backend);
  const paths = ["mcp.events.userKey", "mcp.events.subscribe"];
  expect(requests).toEqual([...withToken(paths, "Bearer first-secret"), ...withToken(paths, "Bearer second-secret")]);
  expect(urls.join()).not.toContain("secret");
});

test("a stream that is closed before it could open sends nothing", async () => {
  const { backend, requests } = createClient({ authToken: "secret" });
  const ended = vi.fn();
  const nothing = { opened: () => undefined, event: () => undefined, ended };
  backend.openStream({ lastEventId: undefined, userKey: "someone" }, nothing)();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(requests).toEqual([]);
  expect(ended).not.toHaveBeenCalled();
});

test("an error from an earlier server, which sends it as an object, is a text", async () => {
  const info = { code: "NOT_MCP", message: "It is a web page", hint: "Check it.", retryable: false };
  const earlier = { type: "error", sessionId: "s1", serverId: "notes", at: "2026-01-02T03:04:05.678Z", v: 2 };
  const { forUser } = app.mcp;
  async function* events(): AsyncGenerator<StreamedEvent, undefined> {
    yield { id: "1-0", event: { ...earlier, error: info } as unknown as StreamedEvent["event"] };
  }
  const spy = vi.spyOn(app.mcp, "forUser");
  spy.mockImplementation((id) => ({ ...forUser(id), subscribe: async () => events() }));
  const event = vi.fn();
  const nothing = () => undefined;
  const { backend } = createClient();
  const userKey = await backend.userKey(new AbortController().signal);
  const close = backend.openStream({ lastEventId: undefined, userKey }, { opened: nothing, event, ended: nothing });
  await vi.waitFor(() => expect(event).toHaveBeenCalledWith("1-0", { ...earlier, error: info.message, info }));
  close();
});
