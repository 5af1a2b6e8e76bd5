import { eventually } from "@mcp-assistant/testing/eventually";
import { startHostileMcpServer, startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { HeldBytes } from "../src/budgets/held-bytes.js";
import { someUser } from "../src/samples.fixture.js";
import { RedisOAuthClientProvider } from "../src/sdk-provider/redis-oauth-client-provider.js";

const held = HeldBytes.ofAnswers;

/** Runs `use` with a server that never ends the answer in question. Returns how to end it. */
type Hold = () => Promise<{ used: Promise<unknown>; end: () => Promise<void> }>;

/** A sign-in that waits for the end of a document or an answer of its authorization server. */
const signInAt =
  (slowPath: RegExp, bytes: number): Hold =>
  async () => {
    const server = await startLoopbackServer((request, response) => {
      const { url = "" } = request;
      const origin = `http://${request.headers.host}`;
      if (slowPath.test(url)) {
        response.writeHead(200, { "content-type": "application/json" });
        return void response.write(`{"a":"${"x".repeat(bytes)}`);
      }
      if (url.startsWith("/.well-known/oauth-protected-resource"))
        return void response.end(JSON.stringify({ resource: `${origin}/mcp`, authorization_servers: [origin] }));
      const challenge = `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    });
    const mcp = appFor({ hosts: [server.host] });
    const user = mcp.forUser(someUser());
    const { sessionId } = await user.connect({ serverUrl: `${server.origin}/mcp` });
    const used = user.authorization.start(sessionId);
    const end = async () => {
      await server.close();
      await mcp.close();
    };
    return { used, end };
  };

test.each<[string, number, Hold]>([
  ["a protected resource's metadata", 200_000, signInAt(/oauth-protected-resource/, 200_000)],
  ["an authorization server's metadata", 200_000, signInAt(/oauth-authorization-server|openid/, 200_000)],
])("%s counts as held until it has ended", async (_what, bytes, hold) => {
  const { used, end } = await hold();
  const settled = used.catch(() => undefined);
  onTestFinished(end);
  expect(await eventually(() => held.bytes >= bytes)).toBe(true);
  await end();
  await settled;
  expect(await eventually(() => held.bytes === 0)).toBe(true);
});

test.each<[string, "tools/call" | "resume", "json" | "stream"]>([
  ["a whole answer", "tools/call", "json"],
  ["a stream that answers a call", "tools/call", "stream"],
  ["a stream that answers nothing", "resume", "stream"],
])("%s that a foreign SDK gets has the budget of one of ours", async (_what, kind, as) => {
  const server = await startHostileMcpServer();
  const mcp = appFor({ hosts: [server.host] });
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  server.lie({ answers: { [kind]: { kind: "flood", as, bytes: 100_000_000 } } });
  const { fetch } = new RedisOAuthClientProvider({ userId, sessionId, mcp });
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "whoami" } });
  const asked =
    kind === "resume"
      ? fetch(server.url, { headers: { accept: "text/event-stream", "last-event-id": "1" } })
      : fetch(server.url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const read = asked.then((response) => response.text());
  await expect(read).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  expect(held.bytes).toBe(0);
});
