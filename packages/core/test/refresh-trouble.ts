import { setTimeout as pause } from "node:timers/promises";
import { startCuttingProxy } from "@mcp-assistant/testing/redis";
import { type BookkeepingServerOptions, type Moment, startBookkeepingServer } from "@mcp-assistant/testing/servers";
import type {} from "@mcp-assistant/testkit/provided-context";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { inject, type TestContext, test } from "vitest";
import { appFor, finish, start } from "../src/authorization/sign-in/sign-in.fixture.js";
import { encryptionKeys, storedSignIn } from "../src/samples.fixture.js";
import { callbackAt, callOnce, openVault, signedInAt } from "./bookkeeping.js";
import { startWorker, type WorkerOptions } from "./sign-in-worker.js";

const shared = inject("redisUrl");

const refreshing = (at: "token asked" | "token granted") => (moment: Moment) =>
  moment.at === at && moment.grant === "refresh_token";

/** A session that is signed in at a bookkeeping authorization server, with a view of what Redis stores of it. */
async function someSession(
  { onTestFinished }: TestContext,
  { storage: url = shared, ...options }: BookkeepingServerOptions & { storage?: string } = { expiresIn: 1 },
) {
  const server = await startBookkeepingServer(options);
  const line = await startCuttingProxy({ port: Number(new URL(server.issuer).port) });
  server.takeTokenRequestsAt(`http://${line.host}`);
  const hosts = [...server.hosts, line.host];
  const mcp = appFor({ hosts }, { storage: url, encryptionKeys });
  const vault = openVault(url);
  onTestFinished(async () => {
    await Promise.all([mcp.close(), vault.close()]);
    await line.close();
    await server.close();
  });
  const session = await signedInAt(server, mcp);
  server.resetCounts();
  const stale = () => pause(1_000);
  const isKept = async () => server.books.accepts((await vault.read(session)).refreshToken ?? "");
  const worker = async (more: Partial<WorkerOptions> = {}) => {
    const started = await startWorker({ urls: [url], hosts, ...more });
    onTestFinished(started.kill9);
    return started;
  };
  return { server, line, mcp, vault, session, stale, isKept, worker };
}

/** What can happen to a refresh other than a kill. The tests spend their time waiting, so they run concurrently. */
export function refreshTroubleScenario(): void {
  test.concurrent("a refresh waits for an authorization server that answers after 9 s", {
    timeout: 60_000,
  }, async (context) => {
    const { expect } = context;
    const { server, mcp, session, isKept } = await someSession(context, { expiresIn: 60 });
    server.books.expireAccessTokens();
    const stall = server.stall(refreshing("token asked"));
    // The connection has 10 s in total, so a caller may have to try again, but the tokens are not requested again.
    const call = () => callOnce(mcp, session).catch(() => callOnce(mcp, session));
    const calls = [call(), call()];
    await stall.until(1);
    await pause(9_000);
    stall.release();
    await Promise.all(calls);
    expect(server.count("refresh_token")).toBe(1);
    expect(await isKept()).toBe(true);
  });

  test.concurrent("a sign-in survives an authorization server that is down for a while", {
    timeout: 60_000,
  }, async (context) => {
    const { expect } = context;
    const { server, line, mcp, session, stale, isKept } = await someSession(context);
    await stale();
    const recover = server.fail(refreshing("token asked"));
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(callOnce(mcp, session)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE", retryable: true });
    }
    expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
      state: "CONNECTED",
      authUrl: null,
    });
    recover();
    await callOnce(mcp, session);

    await stale();
    await line.refuse();
    await expect(callOnce(mcp, session)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE", retryable: true });
    expect(await mcp.forUser(session.userId).reconnect(session.sessionId)).toMatchObject({
      state: "FAILED",
      error: { code: "SERVER_UNREACHABLE" },
    });
    await line.resume();
    await callOnce(mcp, session);
    expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED" });
    expect(await isKept()).toBe(true);
  });

  for (const [name, skew, expiresIn, refreshes] of [
    ["fast does not treat a valid token as expired", 300_000, 60, false],
    ["slow does not treat an expired token as valid", -300_000, 1, true],
  ] as const) {
    const title = `a process whose clock is five minutes ${name}`;
    test.concurrent(title, async (context) => {
      const { expect } = context;
      const { server, vault, session, stale, worker } = await someSession(context, { expiresIn });
      const skewed = await worker({ skew });
      expect(Math.abs(skewed.clock - Date.now() - skew)).toBeLessThan(60_000);
      await stale();
      expect((await skewed.run("call", { ...session, text: "hello" })).error).toBeUndefined();
      expect(server.count("refresh_token") > 0).toBe(refreshes);
      server.books.expireAccessTokens();
      expect((await skewed.run("call", { ...session, text: "hello" })).error).toBeUndefined();
      // What it has written is right by the clock of all other processes.
      const { expiresAt } = (await vault.read(session)).credentials?.signIn?.tokens ?? {};
      expect(Math.abs((expiresAt ?? 0) - expiresIn * 1_000 - Date.now())).toBeLessThan(60_000);
    });
  }

  test.concurrent("tokens that were revoked elsewhere ask for a sign-in, once", async (context) => {
    const { expect } = context;
    const { server, mcp, vault, session } = await someSession(context, { expiresIn: 60 });
    server.books.endGrant((await vault.read(session)).refreshToken ?? "");
    const stream = await mcp.forUser(session.userId).subscribe();
    await stream.next();
    await Promise.allSettled([1, 2, 3, 4].map(() => callOnce(mcp, session)));
    await expect(callOnce(mcp, session)).rejects.toMatchObject({ code: "AUTHORIZATION_REQUIRED" });
    expect(server.count("refresh_token")).toBe(1);
    expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
      state: "FAILED",
      error: { code: "AUTHORIZATION_REQUIRED" },
    });
    await finish(mcp, await callbackAt(server, await start(mcp, session)));
    await callOnce(mcp, session);
    const events: string[] = [];
    while (events.at(-1) !== "AUTHENTICATING") {
      const { event } = (await stream.next()).value ?? {};
      events.push(event?.type === "state_changed" ? event.state : (event?.type ?? "the end"));
    }
    await stream.return?.();
    expect(events).toEqual(["FAILED", "auth_required", "error", "AUTHENTICATING"]);
  });

  test.concurrent("tokens without an expiry are refreshed when they are refused, once", async (context) => {
    const { expect } = context;
    const { server, mcp, session, isKept } = await someSession(context, { expiresIn: null });
    await callOnce(mcp, session);
    await pause(500);
    await callOnce(mcp, session);
    expect(server.count("refresh_token")).toBe(0);
    server.books.expireAccessTokens();
    await Promise.all([1, 2, 3, 4].map(() => callOnce(mcp, session)));
    expect(server.count("refresh_token")).toBe(1);
    expect(await isKept()).toBe(true);
  });

  test.concurrent("a sign-out during a refresh leaves nothing behind, neither here nor at the authorization server", async (context) => {
    const { expect } = context;
    const { server, mcp, vault, session, stale, worker } = await someSession(context);
    const other = await worker();
    await stale();
    const stall = server.stall(refreshing("token granted"));
    const call = other.run("call", { ...session, text: "hello" });
    await stall.until(1);
    await mcp.forUser(session.userId).signOut(session.sessionId);
    stall.release();
    expect((await call).error).toMatchObject({ code: "AUTHORIZATION_REQUIRED" });
    expect(await vault.read(session)).toMatchObject({ credentials: undefined, record: { state: "DISCONNECTED" } });
    expect(server.books.standing()).toBe(0);
  });

  test.concurrent("a refresh in flight never overwrites a new sign-in, and the tokens it got are revoked", async (context) => {
    const { expect } = context;
    const { server, mcp, vault, session, stale, isKept, worker } = await someSession(context);
    const other = await worker();
    const before = await vault.read(session);
    await stale();
    const stall = server.stall(refreshing("token granted"));
    const call = other.run("call", { ...session, text: "hello" });
    await stall.until(1);
    await finish(mcp, await callbackAt(server, await start(mcp, session)));
    const signedIn = await vault.read(session);
    stall.release();
    // The call does not continue under another sign-in. The caller has to try again.
    expect((await call).error).toEqual({ code: "CANCELLED" });
    const after = await vault.read(session);
    expect(after.credentials?.flow).toBe(signedIn.credentials?.flow);
    expect(after.credentials?.flow).not.toBe(before.credentials?.flow);
    expect(await isKept()).toBe(true);
    // The old sign-in's new tokens are gone: only the new sign-in is left.
    expect(server.books.standing()).toBe(1);
  });

  test.concurrent("re-encrypting while another process refreshes tokens loses none", {
    timeout: 60_000,
  }, async (context) => {
    const { expect } = context;
    // `reencrypt` changes everything in a Redis, so this test has its own.
    const redis = await startRedis();
    context.onTestFinished(() => redis.stop());
    const own = { expiresIn: 60, storage: redis.url };
    const { server, vault, session, worker } = await someSession(context, own);
    const fresh = `fresh:${Buffer.alloc(32, "fresh wax").toString("base64")}`;
    const [renews, seals] = await Promise.all([
      worker({ options: { encryptionKeys: `${encryptionKeys},${fresh}` } }),
      worker({ options: { encryptionKeys: `${fresh},${encryptionKeys}` } }),
    ]);
    for (let round = 0; round < 5; round++) {
      server.books.expireAccessTokens();
      const stall = server.stall(refreshing("token granted"));
      const call = renews.run("call", { ...session, text: "hello" });
      await stall.until(1);
      const sealing = seals.run("reencrypt");
      if (round % 2 === 0) await sealing;
      stall.release();
      expect((await call).error).toBeUndefined();
      expect((await sealing).error).toBeUndefined();
    }
    expect(server.count("refresh_token")).toBe(5);
    server.books.expireAccessTokens();
    expect((await seals.run("call", { ...session, text: "hello" })).error).toBeUndefined();
    expect(server.count("refresh_token")).toBe(6);
    expect([server.books.reuses, server.books.standing()]).toEqual([0, 1]);
    expect((await seals.run("reencrypt")).error).toBeUndefined();
    expect(await storedSignIn(vault.driver, session).read()).toContain('"kid":"fresh"');
  });
}
