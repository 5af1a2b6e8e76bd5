import { expect, onTestFinished, test } from "vitest";
import {
  startGuardedServer,
  startPlainAuthorizationServer,
} from "../src/authorization/plain-authorization-server.fixture.js";
import {
  appFor,
  type BroughtCallback,
  finish,
  type OpenSignIn,
  openSignIn,
  start,
} from "../src/authorization/sign-in/sign-in.fixture.js";
import type { Mcp } from "../src/mcp.js";

/**
 * An authorization server that registers the first `max` clients and then is too busy, and an MCP server that it
 * protects.
 */
async function served({ max = Infinity } = {}) {
  const registered: string[] = [];
  const authorization = await startPlainAuthorizationServer({
    register: (asked) => {
      const client_id = `client-${crypto.randomUUID()}`;
      registered.push(client_id);
      const isBusy = registered.length > max;
      return isBusy ? { status: 429, body: {} } : { status: 201, body: { ...JSON.parse(asked), client_id } };
    },
  });
  const server = await startGuardedServer({
    issuer: () => authorization.issuer,
    accepts: (token) => token !== "",
  });
  onTestFinished(async () => {
    await Promise.all([server.close(), authorization.close()]);
  });
  const hosts = [server.host, authorization.host];
  return { server, registered, open: () => appFor({ hosts }) };
}

/** A callback that a user writes by hand into their own browser. */
function callbackWith(signIn: OpenSignIn, outcome: Record<string, string>): BroughtCallback {
  const asked = new URL(signIn.url).searchParams;
  const { userId, attemptId, nonce } = signIn;
  return {
    userId,
    params: new URLSearchParams({ state: asked.get("state") ?? "", ...outcome }),
    cameTo: [asked.get("redirect_uri") ?? ""],
    nonceOf: (attempt) => (attempt === attemptId ? nonce : undefined),
  };
}

const clientIn = ({ url }: OpenSignIn) => new URL(url).searchParams.get("client_id");

/** 20 sign-ins of one user, each ended by a callback of their own. */
async function attack(mcp: Mcp, server: { url: string }): Promise<void> {
  const mallory = await openSignIn(mcp, server);
  let signIn = mallory;
  for (let round = 0; round < 20; round += 1) {
    await finish(mcp, callbackWith(signIn, { error: "unauthorized_client" }));
    await mcp.forUser(mallory.userId).reconnect(mallory.sessionId);
    signIn = await start(mcp, mallory);
  }
}

test("callbacks that a user writes by hand make us register at most once more", async () => {
  const { server, registered, open } = await served();
  const mcp = open();
  await attack(mcp, server);
  expect(registered).toHaveLength(2);
});

test("while the authorization server refuses to register us again, all users sign in with the client that we have", async () => {
  const { server, registered, open } = await served({ max: 1 });
  const mcp = open();
  const ada = await openSignIn(mcp, server);
  await attack(mcp, server);
  const bob = await openSignIn(mcp, server);
  expect([clientIn(ada), clientIn(bob)]).toEqual([registered[0], registered[0]]);
  for (const signIn of [ada, bob]) {
    await finish(mcp, callbackWith(signIn, { code: "good" }));
    const connection = await mcp.forUser(signIn.userId).get(signIn.sessionId);
    expect(connection).toMatchObject({ state: "CONNECTED", signedIn: true });
  }
  expect(registered).toHaveLength(2);
});
