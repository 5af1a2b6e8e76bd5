import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { appFor, signedIn } from "../authorization/sign-in/sign-in.fixture.js";
import { encryptionKeys } from "../samples.fixture.js";

test("the first call on a damaged stored sign-in fails the session and leaves it with a link to sign in", async () => {
  const [server, own] = await Promise.all([startOauthServer(), startRedis()]);
  const redis = new Redis(own.url);
  const mcp = appFor(server, { storage: own.url, encryptionKeys });
  const session = await signedIn(mcp, server);
  const client = mcp.forUser(session.userId).client(session.sessionId);
  onTestFinished(async () => {
    await client.close();
    await mcp.close();
    redis.disconnect();
    await Promise.all([own.stop(), server.close()]);
  });
  await redis.set(`mcp:credentials:${session.sessionId}`, "{", "EX", 60);
  await expect(client.connect()).rejects.toMatchObject({ code: "SESSION_UNREADABLE" });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
    state: "FAILED",
    error: { code: "SESSION_UNREADABLE" },
    authUrl: expect.stringContaining("/auth/start"),
  });
});
