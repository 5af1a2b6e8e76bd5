import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { expect, test } from "vitest";
import { appFor, signedIn, tokenRequests } from "../src/authorization/sign-in/sign-in.fixture.js";
import { CredentialStore } from "../src/credentials/credential-store.js";
import { encryptionKeys } from "../src/samples.fixture.js";
import { openStorage } from "../src/storage/storage.js";

const program = fileURLToPath(new URL("./refresh-worker.mjs", import.meta.url));

interface RefreshSizes {
  expiries: number;
  processes: number;
  callers: number;
}

/** The demo's authorization server rotates refresh tokens, and ends the sign-in when one is used a second time. */
export function refreshOnceScenario({ expiries, processes, callers }: RefreshSizes): void {
  const name = `${expiries} expiries × ${processes} processes × ${callers} callers: one request per expiry`;
  test(name, { timeout: 60_000 + expiries * 500 }, async () => {
    const [server, redis] = await Promise.all([startOauthServer(), startRedis()]);
    const mcp = appFor(server, { storage: redis.url, encryptionKeys });
    const { driver, ring, close } = openStorage(redis.url, {
      sessionTtl: 600,
      encryptionKeys,
      logger: () => undefined,
    });
    const workers: Awaited<ReturnType<typeof startWorker>>[] = [];
    try {
      const { userId, sessionId } = await signedIn(mcp, server);
      const owner = { userId, sessionId, serverUrl: server.url };
      const credentials = new CredentialStore(driver, { ring, ttl: 600 });
      const task = { url: redis.url, encryptionKeys, owner, hosts: server.hosts, callers };
      for (let index = 0; index < processes; index++) workers.push(await startWorker(task));
      server.resetRequests();
      let wrong = 0;
      for (let expiry = 0; expiry < expiries; expiry++) {
        const before = await credentials.read(owner);
        const outcomes = new Set((await Promise.all(workers.map((worker) => worker.renew(before?.tv ?? "")))).flat());
        const after = await credentials.read(owner);
        if (outcomes.size !== 1 || !outcomes.has(after?.tv ?? "") || after?.tv === before?.tv) wrong += 1;
      }
      const requests = tokenRequests(server, "refresh_token");
      console.log("refreshes:", JSON.stringify({ expiries, callers: processes * callers, requests, wrong }));
      expect({ requests, wrong }).toEqual({ requests: expiries, wrong: 0 });
      // The sign-in is still valid, so no refresh token was used twice.
      expect((await mcp.forUser(userId).reconnect(sessionId)).state).toBe("CONNECTED");
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
      await Promise.all([mcp.close(), close()]);
      await Promise.all([server.close(), redis.stop()]);
    }
  });
}

/** The worker ends when this process does, because its channel then closes. */
async function startWorker(task: object) {
  const child = fork(program, [JSON.stringify(task)]);
  await once(child, "message");
  return {
    renew: async (tv: string): Promise<string[]> => {
      const answer = once(child, "message");
      child.send({ tv });
      return (await answer)[0];
    },
    stop: async () => {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
