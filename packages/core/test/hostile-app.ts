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

/** What the server says where nobody should repeat it. It stands in the lies, and nowhere else. */
export const gossip = "gossip-<b>of-the-server</b>";

/** What a stranger's server could give away: the sign-in of one user at a hostile server. */
export interface HostileApp {
  mcp: Mcp;
  server: HostileAuthorizationServer;
  session: { userId: string; sessionId: string };
  /** All that was told to the operator, and all events to the user's browser. */
  told: unknown[];
}

/** What a test that runs beside others has of its own. */
type Own = Pick<TestContext, "onTestFinished">;

/** A user's connection to a hostile server, which waits for the sign-in. */
export async function connectHostile(
  lies: Lies | ((elsewhere: string) => Lies) = {},
  own: Own = { onTestFinished },
): Promise<HostileApp> {
  const server = await startHostileAuthorizationServer();
  own.onTestFinished(server.close);
  server.lie(typeof lies === "function" ? lies(server.elsewhere) : lies);
  const told: unknown[] = [];
  // Some tests call twenty times at once.
  const mcp = appFor(server, { logger: (event) => told.push(event) });
  const userId = someUser();
  const stream = await mcp.forUser(userId).subscribe();
  own.onTestFinished(() => void stream.return?.());
  listen(stream, told).catch(() => undefined);
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  return { mcp, server, session: { userId, sessionId }, told };
}

async function listen(stream: AsyncIterable<unknown>, told: unknown[]): Promise<void> {
  for await (const event of stream) told.push(event);
}

/** The whole sign-in, as the user and his browser do it. */
export async function signIn({ mcp, session }: HostileApp): Promise<void> {
  await finish(mcp, await callbackOf(await start(mcp, session)));
}

/** A connection that works, and then the server begins to lie. */
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

/** Calls the server's tool in a process that has just begun. Answers the error where there is one. */
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

/** What came to an endpoint of the server itself. */
export const received = ({ server }: HostileApp, endpoint: HostileEndpoint) =>
  server.requests().filter((request) => request.at === "server" && request.endpoint === endpoint).length;

/** What came to the other origin. */
export const astray = ({ server }: HostileApp) => server.requests().filter(({ at }) => at === "elsewhere");

/** Nothing of the server's own words is in what the user, the operator or a printed error shows. */
export async function expectNoGossip({ mcp, session, told }: HostileApp, error?: unknown): Promise<void> {
  const everything = [
    await mcp.forUser(session.userId).get(session.sessionId),
    await mcp.forUser(session.userId).list(),
    told,
    error,
  ];
  expect(told.length).toBeGreaterThan(2);
  expect(`${error} ${inspect(everything, { depth: null, showHidden: true })}`).not.toContain("gossip");
}

/** When the server has come to reason, the user signs in and it works: nothing is stuck. */
export async function expectAWayOn(app: HostileApp): Promise<void> {
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
