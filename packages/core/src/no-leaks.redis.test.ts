import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { AttemptStore } from "./authorization/attempt.js";
import { appFor, callbackOf, openSignIn } from "./authorization/sign-in.contract.js";
import { CredentialStore } from "./credentials/credential-store.js";
import { encryptionKeys, quietly, ring } from "./fixtures.contract.js";
import { connectRedis } from "./redis/connection.js";
import { dump } from "./redis/dump.contract.js";
import { RedisSessionStore } from "./session/redis-session-store.js";
import { RedisValueStore } from "./values/redis-value-store.js";

test("no secret of a sign-in, a refresh or a call is kept in clear text, told or logged", async () => {
  const [server, own] = await Promise.all([startOauthServer({ accessTokenTtl: 2 }), startRedis()]);
  const [redis, ears] = [new Redis(own.url), new Redis(own.url)];
  const told: unknown[] = [];
  const mcp = appFor(server, { storage: own.url, encryptionKeys, logger: (event) => told.push(event) });
  onTestFinished(async () => {
    await mcp.close();
    redis.disconnect();
    ears.disconnect();
    await Promise.all([own.stop(), server.close()]);
  });
  ears.on("pmessage", (_pattern, channel, message) => told.push(channel, message));
  await ears.psubscribe("*");
  const connections = connectRedis(own.url, quietly);
  onTestFinished(connections.close);
  const [values, sessions] = [new RedisValueStore(connections), new RedisSessionStore(connections, 60)];
  const [attempts, credentials] = [new AttemptStore(values, ring), new CredentialStore(values, { ring, ttl: 60 })];
  const secrets = new Map<string, string>();
  const keep = (name: string, secret: string | null | undefined) => {
    if (!secret || secret.length < 16) throw new Error(`There is no ${name}`);
    secrets.set(name, secret);
  };
  const keepTokens = async (when: string) => {
    const stored = await sessions.read(signIn.userId, signIn.sessionId);
    const tokens = stored && (await credentials.read(stored.record))?.signIn?.tokens;
    keep(`${when} access token`, tokens?.accessToken.reveal());
    keep(`${when} refresh token`, tokens?.refreshToken?.reveal());
  };

  const signIn = await openSignIn(mcp, server);
  const stream = await mcp.subscribe({ userId: signIn.userId });
  const callback = await callbackOf(signIn, { name: "Ada" });
  keep("nonce", signIn.nonce);
  keep("state", callback.params.get("state"));
  keep("code", callback.params.get("code"));
  keep("verifier", (await attempts.read(signIn.attemptId))?.codeVerifier.reveal());
  await mcp.authorization.finish(callback);
  await keepTokens("first");

  const client = mcp.client(signIn);
  const title = "the-title-of-a-note";
  await new Promise((resolve) => setTimeout(resolve, 1_900));
  told.push(await mcp.list(signIn.userId), await mcp.authorization.status(signIn));
  await client.callTool("create_note", { title, body: "the-body-of-a-note" });
  await client.close();
  secrets.set("tool argument", title);
  await keepTokens("second");
  expect(secrets.get("second access token")).not.toBe(secrets.get("first access token"));

  const kept = await dump(redis);
  for (const vault of ["credentials", "attempt", "registration"]) {
    expect(
      kept.some(([key]) => key.startsWith(`mcp:${vault}:`)),
      `a ${vault}`,
    ).toBe(true);
  }
  await redis.del(`mcp:credentials:${signIn.sessionId}`);
  const broken = mcp.client(signIn);
  told.push(await broken.callTool("search_notes", { query: "" }).catch((error: unknown) => [String(error), error]));
  await broken.close();
  while (told.length < 200) {
    const { value } = await stream.next();
    told.push(value);
    if (value?.event.type === "auth_required" && told.length > 10) break;
  }
  await stream.return?.();

  const everything = [...kept, ...(await dump(redis)), ["what was told", JSON.stringify(told)]];
  expect(everything.length).toBeGreaterThan(5);
  expect(JSON.stringify(told)).toContain("tools_discovered");
  for (const [where, text] of everything) {
    for (const [name, secret] of secrets) expect(text?.includes(secret), `${where} holds the ${name}`).toBe(false);
  }
});
