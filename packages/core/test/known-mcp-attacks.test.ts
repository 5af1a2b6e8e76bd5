import { describe, expect, test } from "vitest";
import { someUser } from "../src/samples.fixture.js";
import { connectHostileMcp } from "./hostile-mcp-app.js";

const [users, callsOfEach, atOnce] = [2, 1_000, 16];

describe.each([
  ["legacy", false],
  ["legacy", true],
  ["modern", false],
  ["modern", true],
] as const)("at a server of the %s era (answers as streams: %s)", (era, streams) => {
  test("CVE-2026-25536, GHSA-345p-7cg4-v4c7: users who call the same server at the same time each get only their own answers", async () => {
    const { mcp, server } = await connectHostileMcp({ era });
    const clients = await Promise.all(
      Array.from({ length: users }, async () => {
        const userId = someUser();
        const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
        return mcp.forUser(userId).client(sessionId);
      }),
    );
    server.lie({ streams, delay: 10 });
    const strange: unknown[] = [];
    const callOn = async (user: number, lane: number) => {
      for (let count = 0; count < callsOfEach / atOnce; count += 1) {
        const canary = { user, lane, count };
        const { content } = (await clients[user]?.callTool("whoami", canary)) ?? {};
        const [block] = content ?? [];
        if (block?.type !== "text" || block.text !== JSON.stringify(canary)) strange.push({ canary, content });
      }
    };
    const lanes = clients.flatMap((_client, user) => Array.from({ length: atOnce }, (_, lane) => callOn(user, lane)));
    await Promise.all(lanes);
    expect(strange).toEqual([]);
    await Promise.all(clients.map((client) => client.close()));
  }, 120_000);
});

test("CVE-2026-25536: an answer to another call in the stream of this one is ignored", async () => {
  const { mcp, server, session } = await connectHostileMcp();
  const client = mcp.forUser(session.userId).client(session.sessionId);
  server.lie({ answers: { "tools/call": { kind: "drip", as: "stream", from: "body", every: 10 } } });
  const patient = client.callTool("whoami", { i: "wait" });
  await expect.poll(() => server.openStreams()).toBe(1);
  // Ids are sequential: these include the id of the call that waits, and all around it.
  const stolen = Array.from({ length: 20 }, (_, id) => ({
    id,
    result: { content: [{ type: "text", text: "stolen" }] },
  }));
  const own = { result: { content: [{ type: "text", text: "own" }] } };
  server.lie({ answers: { "tools/call": { kind: "messages", as: "stream", messages: [...stolen, own] } } });
  expect(await client.callTool("whoami", { i: "interfere" })).toMatchObject({ content: [{ type: "text" }] });
  expect(await patient).toMatchObject({ content: [{ text: '{"i":"wait"}' }] });
  await client.close();
});
