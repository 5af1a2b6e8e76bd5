import { setTimeout as pause } from "node:timers/promises";
import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Mcp } from "../../mcp.js";
import { someUser } from "../../samples.fixture.js";
import {
  appFor,
  type BroughtCallback,
  callbackOf,
  finish,
  type OpenSignIn,
  openSignIn,
  tokenRequests,
} from "./sign-in.fixture.js";

let server: OauthServer;
let mcp: Mcp;

beforeAll(async () => {
  server = await startOauthServer();
  mcp = appFor(server);
});

afterAll(() => server.close());
beforeEach(() => server.resetRequests());

const exchanges = () => tokenRequests(server, "authorization_code");

describe("a callback that does not belong to an open attempt of this user and browser changes nothing", () => {
  const cases: [
    string,
    string,
    (callback: BroughtCallback, signIn: OpenSignIn) => BroughtCallback | Promise<BroughtCallback>,
  ][] = [
    ["from another browser", "foreign", (callback) => ({ ...callback, nonceOf: () => "another-nonce" })],
    ["without the browser's cookie", "foreign", (callback) => ({ ...callback, nonceOf: () => undefined })],
    ["from another user", "foreign", (callback) => ({ ...callback, userId: someUser() })],
    ["with an unknown state", "unknown", (callback) => withParam(callback, "state", "x".repeat(43))],
    ["without a state", "unknown", (callback) => withParam(callback, "state", null)],
    ["from another issuer", "issuer", (callback) => withParam(callback, "iss", "https://evil.example")],
    ["without the issuer that the metadata promises", "issuer", (callback) => withParam(callback, "iss", null)],
  ];

  test.each(cases)("%s", async (_case, reason, change) => {
    const signIn = await openSignIn(mcp, server);
    const callback = await callbackOf(signIn);
    const before = await mcp.forUser(signIn.userId).get(signIn.sessionId);
    const finishing = finish(mcp, await change({ ...callback, params: copy(callback) }, signIn));
    await expect(finishing).rejects.toMatchObject({ code: "INVALID_STATE", reason });
    expect(exchanges()).toBe(0);
    expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toEqual(before);

    // The attempt is still open: the right callback finishes it.
    await finish(mcp, callback);
    expect((await mcp.forUser(signIn.userId).get(signIn.sessionId)).state).toBe("CONNECTED");
  });

  test("for a sign-in that has been cancelled", async () => {
    const signIn = await openSignIn(mcp, server);
    const callback = await callbackOf(signIn);
    await mcp.forUser(signIn.userId).disconnect(signIn.sessionId);
    const before = await mcp.forUser(signIn.userId).get(signIn.sessionId);
    expect(await mcp.forUser(signIn.userId).authorization.status(signIn.attemptId)).toMatchObject({ overtaken: true });
    const { attemptId } = signIn;
    await expect(finish(mcp, callback)).rejects.toMatchObject({ reason: "overtaken", attemptId });
    expect(exchanges()).toBe(0);
    expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toEqual(before);
    expect(before).toMatchObject({ state: "DISCONNECTED", active: false });
  });

  test("for a session that has been removed", async () => {
    const signIn = await openSignIn(mcp, server);
    const callback = await callbackOf(signIn);
    await mcp.forUser(signIn.userId).remove(signIn.sessionId);
    await expect(finish(mcp, callback)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect(exchanges()).toBe(0);
    expect(await mcp.forUser(signIn.userId).list()).toEqual([]);
    expect(await mcp.forUser(signIn.userId).authorization.status(signIn.attemptId)).toMatchObject({
      status: "open",
      finishing: false,
      connection: null,
    });
  });

  test("for a sign-in that took too long", async () => {
    const hasty = appFor(server, { attemptTtl: 1 });
    const signIn = await openSignIn(hasty, server);
    const callback = await callbackOf(signIn);
    await pause(1_100);
    await expect(finish(hasty, callback)).rejects.toMatchObject({ reason: "expired" });
    expect(exchanges()).toBe(0);
    expect(await hasty.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({
      state: "DISCONNECTED",
      reason: "The sign-in timed out",
    });
  });
});

const copy = ({ params }: BroughtCallback) => new URLSearchParams(params);

function withParam(callback: BroughtCallback, name: string, value: string | null): BroughtCallback {
  const params = copy(callback);
  if (value === null) params.delete(name);
  else params.set(name, value);
  return { ...callback, params };
}
