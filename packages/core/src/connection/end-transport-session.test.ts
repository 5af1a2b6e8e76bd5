import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  appFor,
  callbackOf,
  finish,
  outdateTokens,
  signedIn,
  start,
} from "../authorization/sign-in/sign-in.fixture.js";
import type { Mcp } from "../mcp.js";
import type { OwnSession } from "../samples.fixture.js";

let server: OauthServer;

beforeAll(async () => {
  server = await startOauthServer();
});
afterAll(() => server.close());

const ends: [string, (mcp: Mcp, session: OwnSession) => Promise<unknown>][] = [
  ["signing out", (mcp, { userId, sessionId }) => mcp.forUser(userId).signOut(sessionId)],
  ["removing", (mcp, { userId, sessionId }) => mcp.forUser(userId).remove(sessionId)],
  ["another sign-in", async (mcp, session) => finish(mcp, await callbackOf(await start(mcp, session)))],
];

/** The server's own token still lives: only we take it for that old. */
const ages: [string, () => { issuedAt: number; expiresAt: number }][] = [
  ["has expired", () => ({ issuedAt: 0, expiresAt: 1 })],
  ["is in its last minute", () => ({ issuedAt: Date.now() - 3_600_000, expiresAt: Date.now() + 20_000 })],
];

describe.each(ends)("%s ends the protocol session", (_what, end) => {
  test.each(ages)("with a token that %s, as it was", async (_age, age) => {
    const mcp = appFor(server);
    onTestFinished(() => mcp.close());
    const session = await signedIn(mcp, server);
    await outdateTokens(session, undefined, age());
    server.resetRequests();
    await end(mcp, session);
    const made = server.requests().map(({ method, grantType, status }) => [grantType ?? method, status]);
    expect(made).toContainEqual(["DELETE", 200]);
    expect(made.flat()).not.toContain("refresh_token");
  });
});

test.each(ages)("disconnecting renews a token that %s, because the sign-in stays", async (_age, age) => {
  const mcp = appFor(server);
  onTestFinished(() => mcp.close());
  const session = await signedIn(mcp, server);
  await outdateTokens(session, undefined, age());
  server.resetRequests();
  await mcp.forUser(session.userId).disconnect(session.sessionId);
  const made = server.requests().map(({ method, grantType, status }) => [grantType ?? method, status]);
  expect(made).toEqual([
    ["refresh_token", 200],
    ["DELETE", 200],
  ]);
});
