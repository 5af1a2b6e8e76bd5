import { generateKeyPairSync } from "node:crypto";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { someUser } from "../../samples.fixture.js";
import { dump } from "../../storage/redis/dump.fixture.js";
import { openStorage } from "../../storage/storage.js";
import { appFor, openSignIn, outdateTokens, signedIn } from "../sign-in/sign-in.fixture.js";

const key = generateKeyPairSync("ec", { namedCurve: "P-256" });
const privateKey = String(key.privateKey.export({ format: "pem", type: "pkcs8" }));
const client_secret = "known-to-the-operator-alone";
const byHand = {
  client_id: "for-users",
  client_secret,
  redirect_uris: ["http://127.0.0.1:9/api/mcp/auth/callback"],
  grant_types: ["authorization_code", "refresh_token"],
};
const itself = {
  client_id: "itself",
  redirect_uris: [],
  response_types: [],
  grant_types: ["client_credentials"],
  token_endpoint_auth_method: "private_key_jwt" as const,
  jwks: { keys: [key.publicKey.export({ format: "jwk" })] },
};

/** Two processes of an app with a client of each kind, on a Redis that holds everything in clear text. */
async function startFleet() {
  const [users, own, redis] = await Promise.all([
    startOauthServer({ clients: [byHand] }),
    startOauthServer({ clients: [itself] }),
    startRedis(),
  ]);
  const options = {
    encryptionKeys: "none",
    outbound: { allowHosts: [...users.hosts, ...own.hosts] },
    authorization: {
      clients: [
        { issuer: users.issuer, clientId: "for-users", clientSecret: client_secret },
        {
          ...{ issuer: own.issuer, serverOrigin: new URL(own.url).origin, clientId: "itself", privateKey },
          grant: "client_credentials" as const,
        },
      ],
    },
  };
  // Two URLs of one Redis share nothing in this process, as if in two processes.
  const [one, other] = [redis.url, `${redis.url}/0`].map((storage) => appFor(users, { ...options, storage }));
  if (!one || !other) throw new Error("There are no apps");
  onTestFinished(async () => {
    await Promise.all([one.close(), other.close()]);
    await Promise.all([users.close(), own.close(), redis.stop()]);
  });
  return { users, own, redis, one, other };
}

test("secrets and keys from the configuration are not in Redis, not even sealed", async () => {
  const { users, own, redis, one } = await startFleet();
  await signedIn(one, users);
  await openSignIn(one, users);
  expect(await one.forUser(someUser()).connect({ serverUrl: own.url })).toMatchObject({ state: "CONNECTED" });
  const reader = new Redis(redis.url);
  const kept = await dump(reader);
  reader.disconnect();
  const text = JSON.stringify(kept);
  for (const [what, count] of [
    ["for-users", 2],
    ["itself", 1],
  ] as const) {
    expect(kept.filter(([, value]) => value.includes(what)).length, what).toBeGreaterThanOrEqual(count);
  }
  const { d = "" } = key.privateKey.export({ format: "jwk" });
  for (const secret of [client_secret, "PRIVATE KEY", d]) expect(text).not.toContain(secret);
});

test("calls in two processes that find the app's own token too old share one token request", async () => {
  const { own, redis, one, other } = await startFleet();
  const userId = someUser();
  const { sessionId } = await one.forUser(userId).connect({ serverUrl: own.url });
  const storage = openStorage(redis.url, { sessionTtl: 60, encryptionKeys: "none", logger: () => undefined });
  await outdateTokens({ userId, sessionId }, storage);
  await storage.close();
  own.resetRequests();
  const calls = Array.from({ length: 12 }, (_, index) =>
    (index % 2 ? one : other).forUser(userId).client(sessionId).callTool("search_notes", { query: "" }),
  );
  expect(await Promise.all(calls)).toHaveLength(12);
  expect(own.requests().filter(({ path }) => path === "/token")).toHaveLength(1);
});
