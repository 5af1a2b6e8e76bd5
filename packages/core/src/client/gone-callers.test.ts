import { startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { appFor } from "../authorization/sign-in/sign-in.fixture.js";
import { someUser } from "../samples.fixture.js";
import type { SessionClient } from "./session-client.js";

const operations: [string, (client: SessionClient, signal: AbortSignal) => Promise<unknown>][] = [
  ["a call", (client, signal) => client.callTool("whoami", {}, { signal })],
  ["a call of a tool that is not in the list", (client, signal) => client.callTool("other", {}, { signal })],
];

async function connected() {
  const server = await startHostileMcpServer();
  const mcp = appFor({ hosts: [server.host] });
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  server.resetRequests();
  return { server, mcp, userId, sessionId };
}

test.each(operations)("%s whose caller has gone is not sent, and nothing is dialled", async (_what, run) => {
  const { server, mcp, userId, sessionId } = await connected();
  const client = mcp.forUser(userId).client(sessionId);
  await expect(run(client, AbortSignal.abort())).rejects.toMatchObject({ code: "CANCELLED" });
  expect(server.requests()).toEqual([]);
  await client.close();
});

test("a list whose caller has gone is not read", async () => {
  const { mcp, userId, sessionId } = await connected();
  const user = mcp.forUser(userId);
  const signal = AbortSignal.abort();
  await expect(user.list({ signal })).rejects.toMatchObject({ code: "CANCELLED" });
  await expect(user.listTools(sessionId, { signal })).rejects.toMatchObject({ code: "CANCELLED" });
  expect(await user.list()).toHaveLength(1);
});
