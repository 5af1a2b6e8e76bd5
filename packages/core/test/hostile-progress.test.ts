import type { McpAnswer } from "@mcp-assistant/testing/servers";
import { expect, test } from "vitest";
import { calledHostileMcp, expectHarmless, timed } from "./hostile-mcp-app.js";

/** An app whose user calls a server that only reports progress, with an event stream open. */
async function reported(answer: Extract<McpAnswer, { kind: "progress" }>, era: "legacy" | "modern", limits = {}) {
  const app = await calledHostileMcp({ answers: { "tools/call": answer } }, { era, limits });
  const stream = await app.mcp.forUser(app.session.userId).subscribe();
  await stream.next();
  let events = 0;
  void (async () => {
    for await (const { event } of stream) if (event.type === "call_progress") events += 1;
  })();
  const { outcome, took } = await timed(app.client.callTool("whoami", {}, { callId: "call" }));
  await stream.return?.();
  await expectHarmless(app);
  return { outcome, took, events };
}

test.each(["legacy", "modern"] as const)(
  "a flood of progress ends its call, and streams get little of it: %s",
  async (era) => {
    const { outcome, took, events } = await reported({ kind: "progress", perSecond: 2_000 }, era, {
      jsonMembers: 5_000,
    });
    expect(outcome).toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: expect.stringContaining("answered with JSON of more than 5000 members"),
    });
    expect(events).toBeGreaterThan(0);
    expect(events).toBeLessThanOrEqual(1 + took / 250);
  },
);

test("progress without end ends with the time of the whole call, as does a message of any length", async () => {
  const limits = { requestTimeout: 400, totalRequestTimeout: 1_200 };
  const answer = { kind: "progress", perSecond: 20, message: "\u0301".repeat(5_000) } as const;
  const { outcome, took, events } = await reported(answer, "modern", limits);
  expect(outcome).toMatchObject({ code: "REQUEST_TIMEOUT" });
  expect(took).toBeGreaterThan(1_000);
  expect(events).toBeGreaterThan(2);
});
