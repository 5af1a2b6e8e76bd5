import type { McpObservabilityEvent } from "@mcp-assistant/protocol";
import { eventually } from "@mcp-assistant/testing/eventually";
import { type HostileMcpServer, type McpLies, startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, type TestContext } from "vitest";
import type { SessionClient } from "../src/client/session-client.js";
import { createMcp } from "../src/create-mcp.js";
import type { Limits } from "../src/limits.js";
import type { Mcp } from "../src/mcp.js";
import { noRateLimits, someUser } from "../src/samples.fixture.js";

export interface HostileMcpApp {
  mcp: Mcp;
  server: HostileMcpServer;
  session: { userId: string; sessionId: string };
  /** Everything logged for the operator. */
  logged: McpObservabilityEvent[];
}

interface HostileMcpOptions {
  era?: "legacy" | "modern";
  /** The server's lies from the first request on. */
  lies?: McpLies | ((server: HostileMcpServer) => McpLies);
  limits?: Partial<Limits>;
  /** A concurrent test's own hooks. */
  own?: Pick<TestContext, "onTestFinished">;
}

/** A user's connection to a hostile MCP server, whatever its state. */
export async function connectHostileMcp({
  era = "legacy",
  lies = {},
  limits = {},
  own = { onTestFinished },
}: HostileMcpOptions = {}): Promise<HostileMcpApp> {
  const server = await startHostileMcpServer({ era });
  own.onTestFinished(server.close);
  server.lie(typeof lies === "function" ? lies(server) : lies);
  const logged: McpObservabilityEvent[] = [];
  const mcp = createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:9",
    outbound: { allowHosts: [server.host] },
    limits: { ...noRateLimits, ...limits },
    logger: (event) => logged.push(event),
  });
  own.onTestFinished(() => mcp.close());
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  return { mcp, server, session: { userId, sessionId }, logged };
}

/** A working connection and its client, to a server that then begins to lie. */
export async function calledHostileMcp(
  lies: McpLies | ((server: HostileMcpServer) => McpLies),
  options: Omit<HostileMcpOptions, "lies"> = {},
): Promise<HostileMcpApp & { client: SessionClient }> {
  const app = await connectHostileMcp(options);
  expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({ state: "CONNECTED" });
  app.server.lie(typeof lies === "function" ? lies(app.server) : lies);
  app.server.resetRequests();
  const client = app.mcp.forUser(app.session.userId).client(app.session.sessionId);
  (options.own?.onTestFinished ?? onTestFinished)(() => client.close());
  return { ...app, client };
}

/** What a call returns or throws, and how long (ms) it took. */
export async function timed(work: Promise<unknown>): Promise<{ outcome: unknown; took: number }> {
  const began = performance.now();
  const outcome = await work.catch((error: unknown) => error);
  return { outcome, took: performance.now() - began };
}

/** Expects that the next call works once the server stops lying, and that nothing is left open. */
export async function expectHarmless({ client, server }: HostileMcpApp & { client: SessionClient }): Promise<void> {
  server.lie();
  expect(await client.callTool("whoami", { after: "all" })).toMatchObject({ content: [{ text: '{"after":"all"}' }] });
  expect(server.ledAstray()).toBe(0);
  await client.close();
  expect(await eventually(() => server.openStreams() === 0)).toBe(true);
}
