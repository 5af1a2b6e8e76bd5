import { expect, test } from "vitest";
import { connectHostileMcp } from "./hostile-mcp-app.js";
import { ownAnswersScenario } from "./own-answers.js";

ownAnswersScenario(200);

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
