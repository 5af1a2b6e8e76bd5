import { setImmediate as nextTurn } from "node:timers/promises";
import { createMcp } from "@mcp-assistant/core";
import { expect, test } from "vitest";
import { createMcpHandler } from "../create-mcp-handler.js";

test("of 40 requests of one moment, four begin in one turn of the event loop, in their order", async () => {
  const mcp = createMcp({ storage: "memory", baseUrl: "https://app.example", logger: null });
  const asked: string[] = [];
  const userId = ({ headers }: Request) => {
    asked.push(headers.get("x-at") ?? "");
    return null;
  };
  const { GET } = createMcpHandler({ mcp, userId });
  const request = (at: number) =>
    new Request("https://app.example/api/mcp/connections", { headers: { "x-at": `${at}` } });
  const answers = Promise.all(Array.from({ length: 40 }, (_, at) => GET(request(at))));
  const inTurn: number[] = [];
  while (asked.length < 40) {
    const before = asked.length;
    await nextTurn();
    inTurn.push(asked.length - before);
  }
  for (const { status } of await answers) expect(status).toBe(401);
  // The test's own turn may see the end of one group and the beginning of the next.
  expect(Math.max(...inTurn)).toBeLessThanOrEqual(8);
  expect(asked).toEqual(Array.from({ length: 40 }, (_, at) => `${at}`));
});
