import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { startStallingMcpServer, startStatusServer } from "@mcp-assistant/testing/servers";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { appFor, openSignIn } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { Limits } from "../src/limits.js";
import { someUser } from "../src/samples.fixture.js";

let modern: Awaited<ReturnType<typeof startModernServer>>;

beforeAll(async () => {
  modern = await startModernServer();
  return modern.close;
});

async function serve<T extends { close(): Promise<void> }>(started: Promise<T>): Promise<T> {
  const server = await started;
  onTestFinished(() => server.close());
  return server;
}

const appWith = (limits: Partial<Limits>, hosts: readonly string[] = []) =>
  appFor({ hosts: [...modern.hosts, ...hosts] }, { limits });

const tooMany = (what: string) => ({
  code: "RATE_LIMITED",
  message: expect.stringContaining(what),
  hint: expect.stringMatching(/^Try again in \d+ seconds?\.$/),
  retryable: true,
  retryAfter: expect.any(Number),
});

describe("connects", () => {
  test("a user who connects too often is refused before anything is made or dialled; other users are not", async () => {
    const mcp = appWith({ connectsPerMinute: 2 });
    const [ada, grace] = [someUser(), someUser()];
    for (const serverId of ["a", "b"]) await mcp.forUser(ada).connect({ serverUrl: modern.url, serverId });
    modern.resetRequests();
    for (let count = 0; count < 20; count++) {
      const refused = mcp.forUser(ada).connect({ serverUrl: modern.url, serverId: "c" });
      await expect(refused).rejects.toMatchObject(tooMany("Too many attempts to connect: this app allows 2 a minute"));
    }
    expect(modern.requests()).toEqual([]);
    expect((await mcp.forUser(ada).list()).map(({ serverId }) => serverId)).toEqual(["a", "b"]);
    expect(await mcp.forUser(grace).connect({ serverUrl: modern.url })).toMatchObject({ state: "CONNECTED" });
  });

  test("a refused reconnect leaves the connection as it is", async () => {
    const mcp = appWith({ connectsPerMinute: 1 });
    const userId = someUser();
    const session = { userId, ...(await mcp.forUser(userId).connect({ serverUrl: modern.url })) };
    await expect(mcp.forUser(session.userId).reconnect(session.sessionId)).rejects.toMatchObject(
      tooMany("attempts to connect"),
    );
    await expect(
      mcp.forUser(session.userId).reconnect(session.sessionId, { headers: { "x-key": "1" } }),
    ).rejects.toMatchObject(tooMany("attempts to connect"));
    expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED", error: null });
    expect(await mcp.forUser(session.userId).client(session.sessionId).callTool("add", { a: 1, b: 2 })).toMatchObject({
      structuredContent: { sum: 3 },
    });
  });

  test("clicks on a connection that is connected already, or connecting, do not count", async () => {
    const mcp = appWith({ connectsPerMinute: 10 });
    const user = someUser();
    const click = () => mcp.forUser(user).connect({ serverUrl: modern.url });
    await Promise.all(Array.from({ length: 10 }, click));
    for (let count = 0; count < 20; count++) expect(await click()).toMatchObject({ state: "CONNECTED" });
    // Only one of the clicks has dialled.
    const otgraceSession = Array.from({ length: 9 }, (_, index) =>
      mcp.forUser(user).connect({ serverUrl: modern.url, serverId: `other-${index}` }),
    );
    for (const { state } of await Promise.all(otgraceSession)) expect(state).toBe("CONNECTED");
    const eleventh = mcp.forUser(user).connect({ serverUrl: modern.url, serverId: "eleventh" });
    await expect(eleventh).rejects.toMatchObject(tooMany("attempts to connect"));
  });

  test("trying one address after another counts, even if no server answers", async () => {
    const hosts = Array.from({ length: 8 }, (_, index) => `127.0.0.1:${index + 1}`);
    const mcp = appWith({ connectsPerMinute: 5 }, hosts);
    const user = someUser();
    const codes: (string | undefined)[] = [];
    for (const host of hosts) {
      const tried = mcp.forUser(user).connect({ serverUrl: `http://${host}/mcp` });
      codes.push(
        await tried.then(
          ({ error }) => error?.code,
          ({ code }) => code,
        ),
      );
    }
    expect(codes).toEqual([...Array(5).fill("SERVER_UNREACHABLE"), ...Array(3).fill("RATE_LIMITED")]);
  });

  test("an address that must not be dialled is refused for that reason, without being counted", async () => {
    const mcp = appWith({ connectsPerMinute: 1 });
    const user = someUser();
    for (let count = 0; count < 5; count++) {
      await expect(mcp.forUser(user).connect({ serverUrl: "not a url" })).rejects.toMatchObject({
        code: "SERVER_URL_INVALID",
      });
      const inward = mcp.forUser(user).connect({ serverUrl: "http://10.0.0.1/mcp" });
      await expect(inward).rejects.toMatchObject({ code: "SERVER_URL_FORBIDDEN" });
    }
    expect(await mcp.forUser(user).connect({ serverUrl: modern.url })).toMatchObject({ state: "CONNECTED" });
  });

  test("an unknown session is not found, however often it is asked for", async () => {
    const mcp = appWith({ connectsPerMinute: 1, callsPerMinute: 1 });
    const foreign = { userId: someUser(), sessionId: "abc.notes" };
    for (let count = 0; count < 3; count++) {
      await expect(mcp.forUser(foreign.userId).reconnect(foreign.sessionId)).rejects.toMatchObject({
        code: "SESSION_NOT_FOUND",
      });
      await expect(mcp.forUser(foreign.userId).client(foreign.sessionId).callTool("add")).rejects.toMatchObject({
        code: "SESSION_NOT_FOUND",
      });
    }
  });

  test("calls that find the connection failed share one reconnect, which counts", async () => {
    const broken = await serve(startStatusServer(503));
    const mcp = appWith({ connectsPerMinute: 3 }, [broken.host]);
    const userId = someUser();
    const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: `${broken.origin}/mcp` });
    const session = { userId, sessionId };
    const call = () => mcp.forUser(session.userId).client(session.sessionId).callTool("add");
    const together = await Promise.allSettled(Array.from({ length: 5 }, call));
    for (const each of together) expect(each).toMatchObject({ reason: { code: "NOT_CONNECTED" } });
    await expect(call()).rejects.toMatchObject({ code: "NOT_CONNECTED" });
    await expect(call()).rejects.toMatchObject(tooMany("attempts to connect"));
    expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
      state: "FAILED",
      error: { code: "SERVER_ERROR" },
    });
  });
});

describe("sign-ins", () => {
  test("one too many is refused, and the connection still waits for its sign-in", async () => {
    const notes = await serve(startOauthServer());
    const mcp = appWith({ signInsPerMinute: 2 }, notes.hosts);
    const opened = await openSignIn(mcp, notes);
    await mcp.forUser(opened.userId).authorization.start(opened.sessionId);
    const before = await mcp.forUser(opened.userId).get(opened.sessionId);
    notes.resetRequests();
    await expect(mcp.forUser(opened.userId).authorization.start(opened.sessionId)).rejects.toMatchObject(
      tooMany("Too many sign-ins"),
    );
    expect(notes.requests()).toEqual([]);
    expect(await mcp.forUser(opened.userId).get(opened.sessionId)).toEqual(before);
    expect(before.state).toBe("AUTHENTICATING");
    await openSignIn(mcp, notes);
  });
});

describe("calls", () => {
  const three = { a: 1, b: 2 };

  test("a user who calls too often is refused before the server is asked; other users are not", async () => {
    const mcp = appWith({ callsPerMinute: 3 });
    const [ada, grace] = await Promise.all(
      [someUser(), someUser()].map(async (userId) => ({
        userId,
        ...(await mcp.forUser(userId).connect({ serverUrl: modern.url })),
      })),
    );
    if (!ada || !grace) throw new Error("No user is connected");
    const client = mcp.forUser(ada.userId).client(ada.sessionId);
    onTestFinished(() => client.close());
    for (let count = 0; count < 3; count++) await client.callTool("add", three);
    modern.resetRequests();
    for (let count = 0; count < 50; count++) {
      await expect(client.callTool("add", three)).rejects.toMatchObject(
        tooMany("Too many tool calls: this app allows 3 a minute"),
      );
      await expect(client.connect()).rejects.toMatchObject(tooMany("tool calls"));
    }
    expect(modern.requests()).toEqual([]);
    // The user's connection and its tools are unchanged.
    expect((await client.listTools()).tools).toHaveLength(4);
    expect(await mcp.forUser(ada.userId).get(ada.sessionId)).toMatchObject({ state: "CONNECTED", error: null });
    expect(await mcp.forUser(grace.userId).client(grace.sessionId).callTool("add", three)).toMatchObject({
      structuredContent: { sum: 3 },
    });
  });

  test("a session has only a limited number of calls under way, and one that ends makes room for another", async () => {
    const stalling = await serve(startStallingMcpServer("tools/call"));
    // Two apps in one process, as when two bundles have one each.
    const apps = [0, 1].map(() => appWith({ callsPerSession: 3, connectTimeout: 5_000 }, [stalling.host]));
    const [mcp, other] = apps;
    if (!mcp || !other) throw new Error("There is no app");
    const [ada, grace] = [someUser(), someUser()];
    const connected = await mcp.forUser(ada).connect({ serverUrl: stalling.origin });
    const session = { userId: ada, sessionId: connected.sessionId };
    const second = { userId: ada, ...(await mcp.forUser(ada).connect({ serverUrl: modern.url })) };
    const graceSession = { userId: grace, ...(await mcp.forUser(grace).connect({ serverUrl: stalling.origin })) };
    const calls = [mcp, other, mcp].map((app) => {
      const controller = new AbortController();
      const { signal } = controller;
      const call = app.forUser(session.userId).client(session.sessionId).callTool("wait", {}, { signal });
      return {
        controller,
        outcome: call.then(
          () => "answered",
          ({ code }) => code,
        ),
      };
    });
    await expect.poll(() => stalling.waiting()).toBe(calls.length);
    for (const app of apps) {
      await expect(app.forUser(session.userId).client(session.sessionId).callTool("wait")).rejects.toMatchObject({
        code: "LIMIT_EXCEEDED",
        message: "This connection is already running 3 calls, the most that this app allows at a time",
        retryable: true,
      });
    }
    // The user's other connection and other users' are not affected. Another user cannot use the session by its id.
    expect(await mcp.forUser(second.userId).client(second.sessionId).callTool("add", three)).toMatchObject({
      structuredContent: { sum: 3 },
    });
    const stranger = mcp.forUser(grace).client(session.sessionId).callTool("wait");
    await expect(stranger).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    calls[0]?.controller.abort();
    expect(await calls[0]?.outcome).toBe("CANCELLED");
    stalling.release();
    expect(await mcp.forUser(session.userId).client(session.sessionId).callTool("wait")).toMatchObject({
      content: [{ text: "wait" }],
    });
    expect(await mcp.forUser(graceSession.userId).client(graceSession.sessionId).callTool("wait")).toMatchObject({
      content: [{ text: "wait" }],
    });
    for (const { controller, outcome } of calls.slice(1)) {
      controller.abort();
      expect(await outcome).toBe("CANCELLED");
    }
  });
});

test("a user who opens event streams too often is told when to try again; another user's stream opens", async () => {
  const mcp = appWith({ streamsPerMinute: 3 });
  const userId = someUser();
  for (let count = 0; count < 3; count++) await (await mcp.forUser(userId).subscribe()).return?.();
  await expect(mcp.forUser(userId).subscribe()).rejects.toMatchObject(
    tooMany("Too many event streams: this app allows 3 a minute"),
  );
  await (await mcp.forUser(someUser()).subscribe()).return?.();
});
