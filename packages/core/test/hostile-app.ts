import { inspect } from "node:util";
import {
  type HostileAuthorizationServer,
  type HostileEndpoint,
  type Lies,
  startHostileAuthorizationServer,
} from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, type TestContext } from "vitest";
import { appFor, callbackOf, finish, start } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { Mcp } from "../src/mcp.js";
import { someUser } from "../src/samples.fixture.js";

/** A text from the server that must never be repeated. It appears only in the lies. */
export const gossip = "gossip-<b>of-the-server</b>";

/** An app with one user's sign-in at a hostile server. */
export interface HostileApp {
  mcp: Mcp;
  server: HostileAuthorizationServer;
  session: { userId: string; sessionId: string };
  /** Everything logged for the operator, and all events for the user's browser. */
  reported: unknown[];
}

/** A concurrent test's own hooks. */
type Own = Pick<TestContext, "onTestFinished">;

/** A user's connection to a hostile server, waiting for the sign-in. */
export async function connectHostile(
  lies: Lies | ((elsewhere: string) => Lies) = {},
  own: Own = { onTestFinished },
): Promise<HostileApp> {
  const server = await startHostileAuthorizationServer();
  own.onTestFinished(server.close);
  server.lie(typeof lies === "function" ? lies(server.elsewhere) : lies);
  const reported: unknown[] = [];
  const mcp = appFor(server, { logger: (event) => reported.push(event) });
  const userId = someUser();
  const stream = await mcp.forUser(userId).subscribe();
  own.onTestFinished(() => void stream.return?.());
  listen(stream, reported).catch(() => undefined);
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  return { mcp, server, session: { userId, sessionId }, reported };
}

async function listen(stream: AsyncIterable<unknown>, reported: unknown[]): Promise<void> {
  for await (const event of stream) reported.push(event);
}

/** The whole sign-in, as the user and their browser do it. */
export async function signIn({ mcp, session }: HostileApp): Promise<void> {
  await finish(mcp, await callbackOf(await start(mcp, session)));
}

/** A working connection to a server that then begins to lie. */
export async function connectedHostile(
  lies: Lies = {},
  { before = {}, own }: { before?: Lies; own?: Own } = {},
): Promise<HostileApp> {
  const app = await connectHostile(before, own);
  await signIn(app);
  expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({ state: "CONNECTED" });
  app.server.lie(lies);
  app.server.resetRequests();
  return app;
}

/** Calls the server's tool as a new process would. Returns the error if there is one. */
export async function call({ mcp, session }: HostileApp): Promise<unknown> {
  const client = mcp.forUser(session.userId).client(session.sessionId);
  try {
    return await client.callTool("whoami");
  } catch (error) {
    return error;
  } finally {
    await client.close();
  }
}

/** The number of requests to an endpoint of the server itself. */
export const received = ({ server }: HostileApp, endpoint: HostileEndpoint) =>
  server.requests().filter((request) => request.at === "server" && request.endpoint === endpoint).length;

/** The requests to the other origin. */
export const astray = ({ server }: HostileApp) => server.requests().filter(({ at }) => at === "elsewhere");

/** Expects none of the server's own words in what the user and the operator see, nor in a printed error. */
export async function expectNoGossip({ mcp, session, reported }: HostileApp, error?: unknown): Promise<void> {
  const everything = [
    await mcp.forUser(session.userId).get(session.sessionId),
    await mcp.forUser(session.userId).list(),
    reported,
    error,
  ];
  expect(reported.length).toBeGreaterThan(2);
  expect(`${error} ${inspect(everything, { depth: null, showHidden: true })}`).not.toContain("gossip");
}

/** Expects that nothing is stuck: once the server stops lying, the user can sign in and it works. */
export async function expectRecovery(app: HostileApp): Promise<void> {
  app.server.lie();
  const { state } = await app.mcp.forUser(app.session.userId).get(app.session.sessionId);
  expect(["FAILED", "AUTHENTICATING", "DISCONNECTED"]).toContain(state);
  await signIn(app);
  expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({
    state: "CONNECTED",
    error: null,
  });
  expect(await call(app)).toMatchObject({ content: [{ text: "whoami" }] });
}
