import { type BookkeepingServer, startBookkeepingServer } from "@mcp-assistant/testing/servers";
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
  UnauthorizedError as UnauthorizedV2,
} from "@modelcontextprotocol/client";
import { UnauthorizedError as UnauthorizedV1 } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport as TransportOfV1 } from "@modelcontextprotocol/sdk/shared/transport.js";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { Mcp } from "../src/mcp.js";
import { type OwnSession, someUser } from "../src/samples.fixture.js";
import { RedisOAuthClientProvider } from "../src/sdk-provider/redis-oauth-client-provider.js";

const info = { name: "a host's own client", version: "1.0.0" };

/** What a test does with a client of either SDK. */
export interface SdkClient {
  callTool(request: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  listTools(): Promise<{ tools: { name: string }[] }>;
  close(): Promise<void>;
}

type Version = "v1" | "v2";

/** The official transports and clients. */
export const versions: readonly Version[] = ["v1", "v2"];

/** The error of an SDK whose user must sign in. */
export const unauthorized = { v1: UnauthorizedV1, v2: UnauthorizedV2 };

/** Connects the official client of one SDK, as a host would write it. */
export async function connectSdk(version: Version, url: string, p: RedisOAuthClientProvider): Promise<SdkClient> {
  if (version === "v1") {
    const client = new ClientV1(info);
    const transport = new TransportV1(new URL(url), { authProvider: p, fetch: p.fetch });
    // The SDK's own class does not fit its interface with exactOptionalPropertyTypes.
    await client.connect(transport as TransportOfV1);
    return client;
  }
  const client = new ClientV2(info);
  await client.connect(new TransportV2(new URL(url), { authProvider: p, fetch: p.fetch }));
  return client;
}

/** A provider, and where it has sent the user so far. */
export function providerOf(mcp: Mcp, session: OwnSession) {
  const redirects: string[] = [];
  const { userId, sessionId } = session;
  const p = new RedisOAuthClientProvider({ userId, sessionId, mcp, onRedirect: (url) => void redirects.push(url) });
  return { p, redirects };
}

/** A session that waits for its user to sign in. */
export async function waitingSession(mcp: Mcp, serverUrl: string): Promise<OwnSession> {
  const userId = someUser();
  const { sessionId, state } = await mcp.forUser(userId).connect({ serverUrl });
  if (state !== "AUTHENTICATING") throw new Error(`The session is ${state}`);
  return { userId, sessionId };
}

export const echo = { name: "echo", arguments: { text: "hello" } };

/** A bookkeeping server and an app that may dial it, for the tests of a file. */
export async function bookkeepingApp(): Promise<{ server: BookkeepingServer; mcp: Mcp; close: () => Promise<void> }> {
  const server = await startBookkeepingServer();
  const mcp = appFor(server);
  const close = async () => {
    await mcp.close();
    await server.close();
  };
  return { server, mcp, close };
}
