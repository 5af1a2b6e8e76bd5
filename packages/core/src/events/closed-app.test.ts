import { expect, test } from "vitest";
import { createMcp } from "../create-mcp.js";
import { someUser } from "../samples.fixture.js";

test("event streams end when their app is closed, and so does what they would ask of its storage", async () => {
  const mcp = createMcp({ storage: "memory", baseUrl: "https://closed.example", logger: null });
  const streams = await Promise.all([someUser(), someUser()].map((userId) => mcp.forUser(userId).subscribe({})));
  for (const stream of streams) expect((await stream.next()).value?.event.type).toBe("reset");
  const waiting = streams.map((stream) => stream.next());
  await mcp.close();
  expect(await Promise.all(waiting)).toEqual(Array(2).fill({ value: undefined, done: true }));
});
