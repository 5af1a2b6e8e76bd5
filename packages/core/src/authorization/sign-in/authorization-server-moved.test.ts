import { expect, onTestFinished, test } from "vitest";
import { createMcp } from "../../create-mcp.js";
import { someUser } from "../../samples.fixture.js";
import { startGuardedServer, startPlainAuthorizationServer } from "../plain-authorization-server.fixture.js";
import { cameBack } from "./sign-in.fixture.js";

test("an authorization server that moved gets its own registration, and nothing of the earlier sign-in", async () => {
  const [before, after] = await Promise.all([startPlainAuthorizationServer(), startPlainAuthorizationServer()]);
  let { issuer } = before;
  const server = await startGuardedServer({
    issuer: () => issuer,
    accepts: (token) => token.startsWith(`access-${new URL(issuer).port}-`),
  });
  onTestFinished(async () => {
    await Promise.all([server.close(), before.close(), after.close()]);
  });
  const mcp = createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:9",
    outbound: { allowHosts: [server.host, before.host, after.host] },
  });
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const session = { userId, sessionId };

  async function signIn() {
    const started = await mcp.forUser(session.userId).authorization.start(session.sessionId);
    if (started.kind !== "redirect") throw new Error(`The session is ${started.state}`);
    const { origin, searchParams } = new URL(started.url);
    const back = new URL(searchParams.get("redirect_uri") ?? "");
    back.search = `${new URLSearchParams({ state: searchParams.get("state") ?? "", code: "a-code" })}`;
    await mcp.forUser(userId).authorization.finish({ ...cameBack(back), nonceOf: () => started.nonce });
    return { origin, clientId: searchParams.get("client_id") ?? "" };
  }

  const first = await signIn();
  expect(first.origin).toBe(before.issuer);
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED" });

  ({ issuer } = after);
  const call = () => mcp.forUser(session.userId).client(session.sessionId).callTool("add", { a: 1, b: 2 });
  await expect(call()).rejects.toMatchObject({ code: "AUTHORIZATION_REQUIRED" });
  expect(await mcp.forUser(session.userId).reconnect(session.sessionId)).toMatchObject({ state: "AUTHENTICATING" });
  const second = await signIn();
  expect(second.origin).toBe(after.issuer);
  expect(second.clientId).not.toBe(first.clientId);
  expect((await call()).structuredContent).toEqual({ sum: 3 });
  const sent = JSON.stringify(after.asked);
  expect(after.asked.map(({ path }) => path)).toEqual(["/reg", "/token"]);
  for (const old of [first.clientId, new URL(before.issuer).port]) expect(sent).not.toContain(old);
  const refreshes = before.asked.filter(({ text }) => text.includes("refresh_token"));
  expect(refreshes.length).toBeGreaterThan(0);
});
