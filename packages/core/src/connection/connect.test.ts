import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import {
  refusingOrigin,
  startLoopbackServer,
  startSilentServer,
  startStallingMcpServer,
  startStatusServer,
  startWebPage,
} from "@mcp-assistant/testing/servers";
import { beforeAll, describe, expect, test } from "vitest";
import { appWith, newUser, serve } from "./connect.fixture.js";

let modern: Awaited<ReturnType<typeof startModernServer>>;

beforeAll(async () => {
  modern = await startModernServer();
  return modern.close;
});

describe("an invalid or forbidden address is refused before there is a connection", () => {
  const mcp = appWith(["127.0.0.1:3001"]);

  test.each([
    ["not a url", "SERVER_URL_INVALID"],
    ["mcp.example.com/mcp", "SERVER_URL_INVALID"],
    ["ftp://mcp.example.com/", "SERVER_URL_INVALID"],
    ["javascript:alert(1)", "SERVER_URL_INVALID"],
    ["file:///etc/passwd", "SERVER_URL_INVALID"],
    ["https://ada:secret@mcp.example.com/mcp", "SERVER_URL_INVALID"],
    ["http://127.0.0.1:6379/", "SERVER_URL_FORBIDDEN"],
    ["http://127.0.0.1:3002/mcp", "SERVER_URL_FORBIDDEN"],
    ["http://localhost:3002/mcp", "SERVER_URL_FORBIDDEN"],
    ["http://[::1]:3001/mcp", "SERVER_URL_FORBIDDEN"],
    ["http://2130706433:8080/", "SERVER_URL_FORBIDDEN"],
    ["http://10.1.2.3/mcp", "SERVER_URL_FORBIDDEN"],
    ["http://169.254.169.254/latest/meta-data", "SERVER_URL_FORBIDDEN"],
  ])("%s is %s", async (serverUrl, code) => {
    const user = newUser();
    await expect(mcp.forUser(user).connect({ serverUrl })).rejects.toMatchObject({ code });
    expect(await mcp.forUser(user).list()).toEqual([]);
  });

  test("the error for a refused address does not repeat its password", async () => {
    const error: unknown = await mcp
      .forUser(newUser())
      .connect({ serverUrl: "https://ada:hunter2@mcp.example.com" })
      .catch((caught: unknown) => caught);
    expect(JSON.stringify(error)).not.toContain("hunter2");
  });
});

describe("a server that cannot be connected leaves a FAILED connection that says why", () => {
  test("a web page", async () => {
    const page = await serve(startWebPage());
    const answer = await appWith([page.host])
      .forUser(newUser())
      .connect({ serverUrl: `${page.origin}/docs` });
    expect(answer).toMatchObject({ state: "FAILED", authUrl: null, error: { code: "NOT_MCP", retryable: false } });
    expect(answer.error?.message).toContain("such as a web page");
    expect(answer.error?.hint).toContain(`${page.origin}/mcp`);
  });

  test("an address that the server does not know", async () => {
    const server = await serve(startStatusServer(404));
    const answer = await appWith([server.host])
      .forUser(newUser())
      .connect({ serverUrl: `${server.origin}/mcp` });
    expect(answer).toMatchObject({ state: "FAILED", error: { code: "NOT_MCP" } });
  });

  test("a server that is broken", async () => {
    const server = await serve(startStatusServer(503));
    const answer = await appWith([server.host])
      .forUser(newUser())
      .connect({ serverUrl: `${server.origin}/mcp` });
    expect(answer).toMatchObject({ state: "FAILED", error: { code: "SERVER_ERROR", retryable: true } });
  });

  test("a port that refuses connections", async () => {
    const { origin, host } = await refusingOrigin();
    const mcp = appWith([host]);
    const user = newUser();
    const answer = await mcp.forUser(user).connect({ serverUrl: `${origin}/mcp` });
    expect(answer).toMatchObject({ state: "FAILED", error: { code: "SERVER_UNREACHABLE", retryable: true } });
    expect(answer.error?.message).toContain("connection refused");
    expect(await mcp.forUser(user).list()).toMatchObject([{ state: "FAILED", error: { code: "SERVER_UNREACHABLE" } }]);
  });

  test("a server that hangs, at the start or halfway", async () => {
    const limits = { connectTimeout: 400, listTimeout: 400 };
    const silent = await serve(startSilentServer());
    const stalling = await serve(startStallingMcpServer("tools/list"));
    const mcp = appWith([silent.host, stalling.host], { limits });
    const user = newUser();
    expect(await mcp.forUser(user).connect({ serverUrl: silent.origin })).toMatchObject({
      state: "FAILED",
      error: { code: "CONNECT_TIMEOUT", retryable: true },
    });
    expect(await mcp.forUser(user).connect({ serverUrl: stalling.origin })).toMatchObject({
      state: "FAILED",
      error: { code: "REQUEST_TIMEOUT", retryable: true },
    });
  });

  test("a redirect to an address that is not allowed is not followed", async () => {
    let visits = 0;
    const inner = await serve(
      startLoopbackServer((_request, response) => {
        visits += 1;
        response.end();
      }),
    );
    const outer = await serve(
      startLoopbackServer((_request, response) => {
        response.writeHead(307, { location: `${inner.origin}/mcp` }).end();
      }),
    );
    const answer = await appWith([outer.host])
      .forUser(newUser())
      .connect({ serverUrl: `${outer.origin}/mcp` });
    expect(answer.state).toBe("FAILED");
    expect(visits).toBe(0);
  });
});

test("ten clicks make one connection and dial once, and all get the same answer", async () => {
  const mcp = appWith(modern.hosts);
  const user = newUser();
  modern.resetRequests();
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => mcp.forUser(user).connect({ serverUrl: modern.url, serverName: "Tools" })),
  );
  expect(new Set(answers.map(({ sessionId }) => sessionId)).size).toBe(1);
  expect(answers.every(({ state }) => state === "CONNECTED")).toBe(true);
  expect(await mcp.forUser(user).list()).toHaveLength(1);
  expect(modern.requests().filter(({ rpcMethod }) => rpcMethod === "tools/list")).toHaveLength(1);
});

test("a second account on the same server needs a second serverId, and one serverId has one address", async () => {
  const mcp = appWith([...modern.hosts, "127.0.0.1:9"]);
  const user = newUser();
  await mcp.forUser(user).connect({ serverUrl: modern.url, serverId: "work" });
  await mcp.forUser(user).connect({ serverUrl: modern.url, serverId: "home" });
  expect((await mcp.forUser(user).list()).map(({ serverId }) => serverId)).toEqual(["work", "home"]);
  await expect(
    mcp.forUser(user).connect({ serverUrl: "http://127.0.0.1:9/mcp", serverId: "work" }),
  ).rejects.toMatchObject({
    code: "SESSION_CONFLICT",
  });
});

test("a cancel ends the wait for a server that does not answer", async () => {
  const stalling = await serve(startStallingMcpServer("initialize"));
  const mcp = appWith([stalling.host]);
  const user = newUser();
  const connecting = mcp.forUser(user).connect({ serverUrl: stalling.origin });
  await stalling.stalled;
  const [connection] = await mcp.forUser(user).list();
  const session = { userId: user, sessionId: connection?.sessionId ?? "" };
  await mcp.forUser(session.userId).disconnect(session.sessionId);
  expect(await connecting).toMatchObject({ state: "DISCONNECTED", error: null });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
    state: "DISCONNECTED",
    active: false,
    reason: "You cancelled it",
  });
});

test("a disconnected server can be reconnected; another user's session does not exist", async () => {
  const mcp = appWith(modern.hosts);
  const [user, stranger] = [newUser(), newUser()];
  const { sessionId } = await mcp.forUser(user).connect({ serverUrl: modern.url });
  const foreign = { userId: stranger, sessionId };
  const client = mcp.forUser(foreign.userId).client(foreign.sessionId);
  for (const attempt of [
    () => mcp.forUser(foreign.userId).get(foreign.sessionId),
    () => mcp.forUser(foreign.userId).listTools(foreign.sessionId),
    () => mcp.forUser(foreign.userId).disconnect(foreign.sessionId),
    () => mcp.forUser(foreign.userId).reconnect(foreign.sessionId),
    () => mcp.forUser(foreign.userId).remove(foreign.sessionId),
    () => mcp.forUser(foreign.userId).authorization.start(foreign.sessionId),
    () => client.callTool("add", { a: 1, b: 1 }),
  ]) {
    await expect(attempt()).rejects.toMatchObject({ code: "SESSION_NOT_FOUND", message: "Session not found" });
  }
  const own = { userId: user, sessionId };
  expect(await mcp.forUser(own.userId).get(own.sessionId)).toMatchObject({ state: "CONNECTED" });
  await mcp.forUser(own.userId).disconnect(own.sessionId);
  await expect(mcp.forUser(own.userId).client(own.sessionId).callTool("add", { a: 1, b: 1 })).rejects.toMatchObject({
    code: "NOT_CONNECTED",
  });
  expect(await mcp.forUser(own.userId).reconnect(own.sessionId)).toMatchObject({ state: "CONNECTED" });
  await mcp.forUser(own.userId).remove(own.sessionId);
  expect(await mcp.forUser(user).list()).toEqual([]);
});
