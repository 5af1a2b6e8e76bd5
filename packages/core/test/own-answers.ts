import { describe, expect, test } from "vitest";
import { someUser } from "../src/samples.fixture.js";
import { connectHostileMcp } from "./hostile-mcp-app.js";

const [users, atOnce] = [2, 16];

/** Two users call servers of each kind at the same time. `callsOfEach`: how many calls each user makes. */
export function ownAnswersScenario(callsOfEach: number): void {
  describe.each([
    ["legacy", false],
    ["legacy", true],
    ["modern", false],
    ["modern", true],
  ] as const)("at a server of the %s era (answers as streams: %s)", (era, streams) => {
    test("CVE-2026-25536, GHSA-345p-7cg4-v4c7: users who call the same server at the same time each get only their own answers", async () => {
      const { mcp, server } = await connectHostileMcp({ era });
      const clients = await Promise.all(
        Array.from({ length: users }, async () => {
          const userId = someUser();
          const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
          return mcp.forUser(userId).client(sessionId);
        }),
      );
      server.lie({ streams, delay: 10 });
      const strange: unknown[] = [];
      const callOn = async (user: number, lane: number) => {
        for (let count = 0; count < callsOfEach / atOnce; count += 1) {
          const canary = { user, lane, count };
          const { content } = (await clients[user]?.callTool("whoami", canary)) ?? {};
          const [block] = content ?? [];
          if (block?.type !== "text" || block.text !== JSON.stringify(canary)) strange.push({ canary, content });
        }
      };
      const lanes = clients.flatMap((_client, user) => Array.from({ length: atOnce }, (_, lane) => callOn(user, lane)));
      await Promise.all(lanes);
      expect(strange).toEqual([]);
      await Promise.all(clients.map((client) => client.close()));
    }, 120_000);
  });
}
