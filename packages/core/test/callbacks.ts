import { type BookkeepingServer, startBookkeepingServer } from "@mcp-assistant/testing/servers";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { expect, test } from "vitest";
import { appFor, openSignIn } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { Mcp } from "../src/mcp.js";
import { encryptionKeys } from "../src/samples.fixture.js";
import { startWorker, type Worker } from "./sign-in-worker.js";

/** How many sign-ins are under way at the same time. */
const lanes = 4;

/** The authorization server refuses every second code. */
export function callbacksScenario({ pairs }: { pairs: number }): void {
  const name = `when ${pairs} callbacks each reach two processes at once, each code is exchanged once`;
  test(name, { timeout: 60_000 + pairs * 500 }, async () => {
    const [server, redis] = await Promise.all([startBookkeepingServer(), startRedis()]);
    const mcp = appFor(server, { storage: redis.url, encryptionKeys });
    const urls = [redis.url];
    const workers = await Promise.all([0, 1].map(() => startWorker({ urls, hosts: server.hosts })));
    try {
      const outcome = { pairs: 0, connected: 0, refused: 0, exchangedTwice: 0, wrong: [] as string[] };
      let next = 0;
      const lane = async () => {
        for (let pair = next++; pair < pairs; pair = next++) {
          const refused = pair % 2 === 1;
          const { answers, exchanges, status, state } = await returnTwice(mcp, server, workers, refused);
          outcome.pairs += 1;
          if (exchanges !== 1) outcome.exchangedTwice += 1;
          const end = `${answers.join(", ")}: ${status} ${state}`;
          const expected = refused ? "failed FAILED" : "connected CONNECTED";
          if (end === `answered, answered: ${expected}`) outcome[refused ? "refused" : "connected"] += 1;
          else outcome.wrong.push(end);
        }
      };
      await Promise.all(Array.from({ length: lanes }, lane));
      const posts = server.count("authorization_code");
      console.log("callbacks:", JSON.stringify({ ...outcome, posts }));
      const half = Math.floor(pairs / 2);
      expect(outcome).toEqual({
        pairs,
        connected: pairs - half,
        refused: half,
        exchangedTwice: 0,
        wrong: [],
      });
      expect(posts).toBe(pairs);
      expect(server.count("register")).toBe(1);
    } finally {
      await Promise.all(workers.map((worker) => worker.kill9()));
      await mcp.close();
      await Promise.all([server.close(), redis.stop()]);
    }
  });
}

/** One user's redirect back, which their browser sends to two processes. */
async function returnTwice(mcp: Mcp, server: BookkeepingServer, workers: Worker[], refused: boolean) {
  const signIn = await openSignIn(mcp, server);
  const { searchParams } = await server.answer(signIn.url);
  const code = searchParams.get("code") ?? "";
  if (refused) server.books.refuseCode(code);
  const callback = { userId: signIn.userId, query: String(searchParams), nonce: signIn.nonce };
  const results = await Promise.all(workers.map((worker) => worker.insist("finish", callback, 0)));
  const { status, connection } = await mcp.forUser(signIn.userId).authorization.status(signIn.attemptId);
  return {
    answers: results.map(({ error }) => (error ? `${error.code} ${error.reason}` : "answered")),
    exchanges: server.books.exchangesOf(code),
    status,
    state: connection?.state,
  };
}
