import { expect, onTestFinished, test } from "vitest";
import {
  startGuardedServer,
  startPlainAuthorizationServer,
} from "../src/authorization/plain-authorization-server.fixture.js";
import { appFor, openSignIn, start } from "../src/authorization/sign-in/sign-in.fixture.js";
import { someUser } from "../src/samples.fixture.js";

/** An MCP server whose authorization server answers registrations with this status, and counts them. */
async function serverThatAnswers(status: () => number) {
  const state = { registrations: 0 };
  const authorization = await startPlainAuthorizationServer({
    register: (asked) => {
      state.registrations += 1;
      return { status: status(), body: { ...JSON.parse(asked), client_id: `client-${crypto.randomUUID()}` } };
    },
  });
  const server = await startGuardedServer({ issuer: () => authorization.issuer, accepts: () => false });
  onTestFinished(async () => void (await Promise.all([server.close(), authorization.close()])));
  return { url: server.url, hosts: [server.host, authorization.host], state };
}

test.each([500, 503, 429, 403, 400])("registrations that fail with %i cost a user none of theirs", async (status) => {
  const [broken, works] = [await serverThatAnswers(() => status), await serverThatAnswers(() => 201)];
  const mcp = appFor({ hosts: [...broken.hosts, ...works.hosts] }, { limits: { registrationsPerUser: 1 } });
  onTestFinished(() => mcp.close());
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: broken.url });
  for (let click = 0; click < 5; click += 1) {
    await expect(start(mcp, { userId, sessionId })).rejects.toMatchObject({ code: "AUTHORIZATION_FAILED" });
    await mcp.forUser(userId).reconnect(sessionId);
  }
  await openSignIn(mcp, works, userId);
  expect(works.state.registrations).toBe(1);
});

test("a client that was made counts, and the next one beyond the limit is refused before its server is asked", async () => {
  const [first, second] = [await serverThatAnswers(() => 201), await serverThatAnswers(() => 201)];
  const mcp = appFor({ hosts: [...first.hosts, ...second.hosts] }, { limits: { registrationsPerUser: 1 } });
  onTestFinished(() => mcp.close());
  const userId = someUser();
  await openSignIn(mcp, first, userId);
  await expect(openSignIn(mcp, second, userId)).rejects.toMatchObject({ code: "RATE_LIMITED" });
  expect(second.state.registrations).toBe(0);
});

test("a flood of registrations that fail is bounded by the sign-ins of a minute", async () => {
  const broken = await serverThatAnswers(() => 500);
  const mcp = appFor(broken, { limits: { signInsPerMinute: 20 } });
  onTestFinished(() => mcp.close());
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: broken.url });
  const codes = new Map<string, number>();
  for (let click = 0; click < 60; click += 1) {
    const code = await start(mcp, { userId, sessionId }).catch((error: { code: string }) => error.code);
    codes.set(String(code), (codes.get(String(code)) ?? 0) + 1);
  }
  expect(codes.get("RATE_LIMITED")).toBeGreaterThanOrEqual(38);
  expect(broken.state.registrations).toBeLessThanOrEqual(22);
});
