import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { AttemptStore } from "../src/authorization/sign-in/attempt.js";
import {
  appFor,
  callbackOf,
  finish,
  openSignIn,
  outdateTokens,
  signedIn,
  start,
  tokenRequests,
} from "../src/authorization/sign-in/sign-in.fixture.js";
import { HeldBytes } from "../src/budgets/held-bytes.js";
import { someUser } from "../src/samples.fixture.js";
import { RedisOAuthClientProvider } from "../src/sdk-provider/redis-oauth-client-provider.js";
import { busy, fill, smallRoom } from "./full-process.js";

let server: OauthServer;
beforeEach(async () => {
  server = await startOauthServer();
  return server.close;
});

function open(limits = {}) {
  const mcp = appFor(server, { limits: { ...smallRoom, ...limits } });
  onTestFinished(() => mcp.close());
  return mcp;
}

/** Less than the answer to a token request may have. */
const smallSteps = 60_000;

test.each([0, smallSteps])(
  "a callback for which there is no room (%i bytes) stays open, and is finished with the same code later",
  async (left) => {
    const mcp = open();
    const signIn = await openSignIn(mcp, server);
    const callback = await callbackOf(signIn);
    const empty = fill(left);
    await expect(finish(mcp, callback)).rejects.toMatchObject(busy);
    expect(tokenRequests(server, "authorization_code")).toBe(0);
    empty();
    await finish(mcp, callback);
    expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({ state: "CONNECTED" });
    expect(tokenRequests(server, "authorization_code")).toBe(1);
  },
);

test("a code is exchanged in the room that was free when its attempt was taken, even if others want it meanwhile", async () => {
  const mcp = open();
  const signIn = await openSignIn(mcp, server);
  const callback = await callbackOf(signIn);
  const take = vi.spyOn(AttemptStore.prototype, "take");
  onTestFinished(() => take.mockRestore());
  take.mockImplementationOnce(async function (this: AttemptStore, ...given) {
    fill(smallSteps);
    return this.take(...given);
  });
  await finish(mcp, callback);
  expect(tokenRequests(server, "authorization_code")).toBe(1);
  expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({ state: "CONNECTED" });
  expect(HeldBytes.ofAnswers.bytes).toBe(140_000);
});

test("a sign-in that the user declined needs no room", async () => {
  const mcp = open();
  const signIn = await openSignIn(mcp, server);
  const callback = await callbackOf(signIn, { decision: "deny" });
  fill();
  await finish(mcp, callback);
  expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({ state: "DISCONNECTED" });
});

test("a foreign SDK's sign-in for which there is no room stays open", async () => {
  const mcp = open();
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const provider = new RedisOAuthClientProvider({ userId, sessionId, mcp, onRedirect: () => undefined });
  await provider.state();
  // As an SDK does that compares the issuer in the callback.
  await provider.clientInformation({ issuer: server.issuer });
  const empty = fill(smallSteps);
  await expect(provider.codeVerifier()).rejects.toMatchObject(busy);
  empty();
  expect(await provider.codeVerifier()).toMatch(/^[\w.~-]{43,}$/);
});

test("a start for which there is no room changes nothing, and does not count", async () => {
  const mcp = open({ signInsPerMinute: 2 });
  const signIn = await openSignIn(mcp, server);
  const connection = () => mcp.forUser(signIn.userId).get(signIn.sessionId);
  const before = await connection();
  const empty = fill();
  for (let count = 0; count < 3; count += 1) await expect(start(mcp, signIn)).rejects.toMatchObject(busy);
  expect(await connection()).toEqual(before);
  empty();
  await finish(mcp, await callbackOf(await start(mcp, signIn)));
  expect(await connection()).toMatchObject({ state: "CONNECTED" });
});

test("a renewal for which there is no room says that the app is busy, and sends nothing", async () => {
  const mcp = open();
  const session = await signedIn(mcp, server);
  await outdateTokens(session);
  const call = () => mcp.forUser(session.userId).callTool(session.sessionId, "search_notes", { query: "" });
  const empty = fill(smallSteps);
  await expect(call()).rejects.toMatchObject(busy);
  expect(tokenRequests(server, "refresh_token")).toBe(0);
  empty();
  await call();
  expect(tokenRequests(server, "refresh_token")).toBe(1);
});
