import { setTimeout as pause } from "node:timers/promises";
import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { expect, onTestFinished, test } from "vitest";
import { someUser } from "../../samples.fixture.js";
import { appFor, callbackOf, finish, type OpenSignIn, openSignIn, start } from "../sign-in/sign-in.fixture.js";

const clientIn = ({ url }: OpenSignIn) => new URL(url).searchParams.get("client_id");
const portOf = (url: string) => Number(new URL(url).port);

/** Longer than a double click takes, as with a user who has read an error page. */
const longEnough = 2_100;

/** An authorization server that can lose everything it knows, like one in a container. */
async function startForgetfulServer() {
  let server: OauthServer = await startOauthServer();
  const { url, issuer } = server;
  onTestFinished(() => server.close());
  return {
    server,
    registrations: () => server.requests().filter(({ path }) => path === "/reg").length,
    forget: async () => {
      await server.close();
      server = await startOauthServer({ port: portOf(url), authorizationServerPort: portOf(issuer) });
    },
  };
}

test("when the authorization server has forgotten our client and sends the user nowhere, the user's next attempt works", async () => {
  const { server, forget, registrations } = await startForgetfulServer();
  const mcp = appFor(server);
  const first = await openSignIn(mcp, server);
  await forget();
  await pause(longEnough);
  await expect(callbackOf(first)).rejects.toThrow("no consent page");
  const second = await start(mcp, first);
  expect(clientIn(second)).not.toBe(clientIn(first));
  await finish(mcp, await callbackOf(second));
  expect(await mcp.forUser(first.userId).get(first.sessionId)).toMatchObject({ state: "CONNECTED" });
  expect(registrations()).toBe(1);
});

test("when an authorization server sends the user back because of our client, the next attempt registers a new one", async () => {
  const { server, registrations } = await startForgetfulServer();
  const mcp = appFor(server);
  const first = await openSignIn(mcp, server);
  const callback = await callbackOf(first);
  callback.params.delete("code");
  callback.params.set("error", "unauthorized_client");
  await finish(mcp, callback);
  expect(await mcp.forUser(first.userId).get(first.sessionId)).toMatchObject({
    state: "FAILED",
    error: { code: "AUTHORIZATION_FAILED" },
  });
  await mcp.forUser(first.userId).reconnect(first.sessionId);
  expect(clientIn(await start(mcp, first))).not.toBe(clientIn(first));
  expect(registrations()).toBe(2);
});

test("a client that seems forgotten is replaced at most once an hour, across all users and processes", async () => {
  const { server, forget, registrations } = await startForgetfulServer();
  const [one, other] = [appFor(server), appFor(server)];
  const [ada, bob] = [await openSignIn(one, server), await openSignIn(other, server)];
  await forget();
  await pause(longEnough);
  const renewed = await start(one, ada);
  await forget();
  await pause(longEnough);
  expect(clientIn(await start(one, ada))).toBe(clientIn(renewed));
  expect(clientIn(await start(other, bob))).toBe(clientIn(renewed));
  expect(registrations()).toBe(0);
});

test("users who try again with a client that has already been replaced get the new one", async () => {
  const { server, forget, registrations } = await startForgetfulServer();
  const mcp = appFor(server);
  const users = await Promise.all(Array.from({ length: 4 }, () => openSignIn(mcp, server)));
  await forget();
  await pause(longEnough);
  const again = await Promise.all(users.map((user) => start(mcp, user)));
  const clients = new Set(again.map(clientIn));
  for (const user of users) expect(clients.has(clientIn(user))).toBe(false);
  expect([clients.size, registrations()]).toEqual([1, 1]);
});

test("a double click, a declined sign-in and a new connection all keep the existing client", async () => {
  const { server } = await startForgetfulServer();
  const mcp = appFor(server);
  const first = await openSignIn(mcp, server);
  const second = await start(mcp, first);
  await pause(longEnough);
  await finish(mcp, await callbackOf(second, { decision: "deny" }));
  await mcp.forUser(first.userId).reconnect(first.sessionId);
  const later = [await start(mcp, first), await openSignIn(mcp, server, someUser())];
  expect(new Set([first, second, ...later].map(clientIn)).size).toBe(1);
});
