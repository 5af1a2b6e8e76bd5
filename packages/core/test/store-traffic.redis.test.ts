import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { type RedisTraffic, startRedisGate } from "@mcp-assistant/testing/redis";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appFor, outdateTokens, signedIn } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { Mcp } from "../src/mcp.js";
import { encryptionKeys, someUser } from "../src/samples.fixture.js";
import { openStorage, type Storage } from "../src/storage/storage.js";

/**
 * The maximum that each of these may send to Redis, in commands as its clients send them and in bytes. The first call
 * of a session in a process reads the start of its list of tools at the same time; a later one reads none.
 */
const max = {
  // With what the server says of itself, in the record and its events.
  connect: { commands: 5, bytes: 10_800 },
  "cold call": { commands: 3, bytes: 800 },
  "warm call": { commands: 2, bytes: 700 },
  "call that refreshes the tokens": { commands: 6, bytes: 4_050 },
  list: { commands: 3, bytes: 900 },
};

let open: Storage;
let sent: Record<keyof typeof max, RedisTraffic>;
let end: () => Promise<void>;

beforeAll(async () => {
  const [modern, oauth, redis] = await Promise.all([startModernServer(), startOauthServer(), startRedis()]);
  const gate = await startRedisGate(redis);
  const mcp = appFor(
    { hosts: [...modern.hosts, ...oauth.hosts] },
    { storage: `redis://127.0.0.1:${gate.port}`, encryptionKeys },
  );
  open = openStorage(redis.url, { sessionTtl: 43_200, encryptionKeys, logger: () => undefined });
  end = async () => {
    await Promise.all([mcp.close(), open.close()]);
    await gate.end();
    await Promise.all([modern.close(), oauth.close(), redis.stop()]);
  };
  const flow = () => measure(mcp, { modern, oauth, taken: gate.takeTraffic });
  // The first time, each script is sent with its source.
  await flow();
  sent = await flow();
});

afterAll(() => end());

interface Surroundings {
  modern: { url: string };
  oauth: Awaited<ReturnType<typeof startOauthServer>>;
  taken: () => RedisTraffic;
}

async function measure(mcp: Mcp, { modern, oauth, taken }: Surroundings) {
  const during = async (work: () => Promise<unknown>) => {
    taken();
    await work();
    return taken();
  };
  const userId = someUser();
  let sessionId = "";
  const connect = await during(async () => {
    ({ sessionId } = await mcp.forUser(userId).connect({ serverUrl: modern.url }));
  });
  const client = mcp.forUser(userId).client(sessionId);
  const call = () => client.callTool("add", { a: 1, b: 2 });
  const [cold, warm] = [await during(call), await during(call)];
  await client.close();
  await mcp.forUser(userId).connect({ serverUrl: `${modern.url}?another` });
  const list = await during(() => mcp.forUser(userId).list());

  const session = await signedIn(mcp, oauth);
  await outdateTokens(session, open);
  const signedInClient = mcp.forUser(session.userId).client(session.sessionId);
  const refresh = await during(() => signedInClient.callTool("search_notes", { query: "" }));
  await signedInClient.close();
  return { connect, "cold call": cold, "warm call": warm, "call that refreshes the tokens": refresh, list };
}

test.each(Object.keys(max) as (keyof typeof max)[])("a %s sends no more than before", (what) => {
  const [traffic, { commands, bytes }] = [sent[what], max[what]];
  expect(traffic.commands.length).toBeLessThanOrEqual(commands);
  expect(traffic.bytes).toBeLessThanOrEqual(bytes);
});

test("no command contains a record, an event or credentials twice", () => {
  for (const { commands } of Object.values(sent)) {
    for (const command of commands) {
      const texts = command.filter((text) => text.length > 200);
      expect(new Set(texts).size).toBe(texts.length);
    }
  }
});
