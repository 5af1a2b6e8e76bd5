import { seededRandom } from "@mcp-assistant/testing/seeded-random";
import { startBookkeepingServer } from "@mcp-assistant/testing/servers";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { expect, test } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { encryptionKeys } from "../src/samples.fixture.js";
import { openVault } from "./bookkeeping.js";
import { Plan, shortLife } from "./sign-in-plan.js";

interface SideBySideSizes {
  plans: number;
  seed: number;
  /** What happens so often that it must have been seen at the end. */
  sees: readonly string[];
}

/** How many plans run at the same time, each on its own session. */
const lanes = 8;

export function sideBySideScenario({ plans, seed, sees }: SideBySideSizes): void {
  const name = `in ${plans} random orders of several sign-ins on one session, one of each flow wins and the others leave nothing`;
  test(name, { timeout: 60_000 + plans * 500 }, async () => {
    const [server, redis] = await Promise.all([startBookkeepingServer(), startRedis()]);
    const vault = openVault(redis.url);
    // Connections to one Redis by two names share nothing in this process, just like two processes.
    const apps = [0, 1].map((name) =>
      appFor(server, { storage: `${redis.url}/0?connectionName=${name}`, encryptionKeys }),
    );
    const hasty = [2, 3].map((name) =>
      appFor(server, { storage: `${redis.url}/0?connectionName=${name}`, encryptionKeys, attemptTtl: shortLife }),
    );
    const counts: Record<string, number> = {};
    const wrong: string[] = [];
    try {
      let next = 0;
      const lane = async () => {
        for (let plan = next++; plan < plans; plan = next++) {
          const random = seededRandom(seed * 1_000_003 + plan);
          const order = new Plan({
            server,
            vault,
            apps: plan % 8 === 7 ? hasty : apps,
            random,
            expires: plan % 8 === 7,
          });
          const complaints = await order.play();
          for (const [what, count] of Object.entries(order.counts)) counts[what] = (counts[what] ?? 0) + count;
          wrong.push(...complaints.map((complaint) => `plan ${plan}: ${complaint}\n  ${order.story.join(", ")}`));
        }
      };
      await Promise.all(Array.from({ length: lanes }, lane));
      const { wrongVerifiers } = server.books;
      console.log("side by side:", JSON.stringify({ plans, ...counts, wrongVerifiers, wrong: wrong.length }));
      expect(wrong.slice(0, 5)).toEqual([]);
      expect({ wrongVerifiers, maxExchanges: server.books.maxExchanges() }).toEqual({
        wrongVerifiers: 0,
        maxExchanges: 1,
      });
      for (const what of sees) expect(counts[what] ?? 0, what).toBeGreaterThan(0);
    } finally {
      await Promise.all([...apps, ...hasty].map((mcp) => mcp.close()));
      await vault.close();
      await Promise.all([server.close(), redis.stop()]);
    }
  });
}
