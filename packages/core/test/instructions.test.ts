import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { answerLegacyMcp, startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { someUser } from "../src/samples.fixture.js";

/** A server that answers no handshake once it is `mute`, and the requests that then wait there. */
async function connected() {
  const waiting: ServerResponse[] = [];
  const server = { isMute: false, asked: 0 };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    server.asked += 1;
    if (request.method !== "POST") return void response.writeHead(405).end();
    const message = (await json(request)) as { method: string };
    if (server.isMute) return void waiting.push(response);
    const usual = answerLegacyMcp(message, { name: "mute", tools: ["one"] });
    if (usual === undefined) return void response.writeHead(202).end();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(usual));
  };
  const http = await startLoopbackServer((request, response) => void answer(request, response));
  const mcp = appFor({ hosts: [http.host] });
  onTestFinished(async () => {
    await mcp.close();
    await http.close();
  });
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: `${http.origin}/mcp` });
  return { user, sessionId, server, waiting };
}

test("a caller who gives up waiting for instructions ends the handshake, and not the connection", async () => {
  const { user, sessionId, server, waiting } = await connected();
  server.isMute = true;
  const caller = new AbortController();
  const said = user.instructions(sessionId, { signal: caller.signal });
  await expect.poll(() => waiting).toHaveLength(1);
  const from = performance.now();
  caller.abort();
  await expect(said).rejects.toMatchObject({ code: "CANCELLED" });
  expect(performance.now() - from).toBeLessThan(2_000);
  await expect.poll(() => waiting[0]?.destroyed).toBe(true);
  expect(await user.get(sessionId)).toMatchObject({ state: "CONNECTED", error: null });
});

test("for a caller who has gone, the server is not asked", async () => {
  const { user, sessionId, server } = await connected();
  server.asked = 0;
  const said = user.instructions(sessionId, { signal: AbortSignal.abort() });
  await expect(said).rejects.toMatchObject({ code: "CANCELLED" });
  expect(server.asked).toBe(0);
});
