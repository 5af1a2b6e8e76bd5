import express from "express";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type LoopbackListener, listenOnLoopback } from "./loopback-listener.js";
import { RequestLog, requestLogRoute } from "./request-log.js";

let log: RequestLog;
let listener: LoopbackListener;

beforeEach(async () => {
  log = new RequestLog();
  listener = await listenOnLoopback(0);
  const app = express();
  app.use(requestLogRoute(log));
  app.use(
    log.record("mcp", {
      nameIds: (path) => path.replace(/\d+/, ":id"),
      grantType: (request) => request.get("x-grant"),
    }),
  );
  app.get("/stream", (_request, response) => response.writeHead(200).write("the beginning"));
  app.get("/silent", () => {});
  app.use(express.json(), (_request, response) => {
    response.status(418).end();
  });
  listener.serve(app);
});

afterEach(() => listener.close());

test("records method, path, status, JSON-RPC method and grant type, and nothing else", async () => {
  await fetch(`${listener.origin}/notes/42?code=secret`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-grant": "refresh_token", authorization: "Bearer secret" },
    body: JSON.stringify({ method: "tools/call", params: { text: "secret" } }),
  });

  expect(log.list()).toEqual([
    {
      server: "mcp",
      method: "POST",
      path: "/notes/:id",
      status: 418,
      rpcMethod: "tools/call",
      grantType: "refresh_token",
    },
  ]);
});

test("lists a stream as soon as it is answered, and leaves out unanswered requests", async () => {
  const silent = new AbortController();
  const unanswered = fetch(`${listener.origin}/silent`, { signal: silent.signal }).catch(() => {});
  const stream = await fetch(`${listener.origin}/stream`);

  expect(log.list()).toEqual([{ server: "mcp", method: "GET", path: "/stream", status: 200 }]);

  silent.abort();
  await unanswered;
  await stream.body?.cancel();
});

test("forgets the oldest requests when there are too many", async () => {
  const small = new RequestLog(2);
  listener.serve(express().use(small.record("mcp")));
  for (const path of ["/a", "/b", "/c"]) await fetch(`${listener.origin}${path}`);

  expect(small.list().map(({ path }) => path)).toEqual(["/b", "/c"]);
});

test("other processes can read and reset it over HTTP without being recorded", async () => {
  await fetch(`${listener.origin}/a`);
  await fetch(`${listener.origin}/b`);

  const listed = await (await fetch(`${listener.origin}/__requests`)).json();
  expect(listed).toEqual(log.list());
  expect(listed).toHaveLength(2);

  const reset = await fetch(`${listener.origin}/__requests`, { method: "DELETE" });
  expect(reset.status).toBe(204);
  expect(log.list()).toEqual([]);
});
