import type { McpAnswer, McpLies } from "@mcp-assistant/testing/servers";
import { describe, expect, test } from "vitest";
import { calledHostileMcp, expectHarmless, timed } from "./hostile-mcp-app.js";

const calls = (answer: McpAnswer): McpLies => ({ answers: { "tools/call": answer } });

/** The time limit (ms) of a call here, and how much more a busy machine may need. */
const [requestTimeout, patience] = [2_000, 3_000];
const slow = { limits: { requestTimeout } };
const timeout = { code: "REQUEST_TIMEOUT", message: expect.stringContaining("did not answer within 2 s") };

// They run concurrently, because each waits for its limit.
describe.concurrent("a call to a server that takes forever ends when its time is up", () => {
  test.for<[string, McpAnswer]>([
    ["never answers", { kind: "stall" }],
    ["sends its head a byte at a time", { kind: "drip", as: "json", from: "head", every: 500 }],
    ["sends JSON a byte at a time", { kind: "drip", as: "json", from: "body", every: 500 }],
    ["sends an event a byte at a time", { kind: "drip", as: "stream", from: "body", every: 500 }],
    ["leaves a stream open in silence", { kind: "open", answered: false }],
    ["leaves a stream open with a comment now and then", { kind: "open", answered: false, keepAlive: 100 }],
  ])("one that %s", async ([_what, answer], own) => {
    for (const era of ["legacy", "modern"] as const) {
      const app = await calledHostileMcp(calls(answer), { ...slow, era, own });
      const { outcome, took } = await timed(app.client.callTool("whoami"));
      expect(outcome).toMatchObject(timeout);
      expect(took).toBeLessThan(requestTimeout + patience);
      await expectHarmless(app);
    }
  });
});

test("a stream that stays open after the answer delays nothing, and is closed", async () => {
  for (const era of ["legacy", "modern"] as const) {
    const app = await calledHostileMcp(calls({ kind: "open", answered: true, keepAlive: 50 }), { era });
    const { outcome, took } = await timed(app.client.callTool("whoami", { a: 1 }));
    expect(outcome).toMatchObject({ content: [{ text: '{"a":1}' }] });
    expect(took).toBeLessThan(patience);
    // The client itself is still open.
    await expect.poll(() => app.server.openStreams(), { timeout: patience }).toBe(0);
    await expectHarmless(app);
  }
});

test("the connection to a server that ends its streams in time is reused for more calls", async () => {
  const { client, server } = await calledHostileMcp({ streams: true });
  await client.callTool("whoami");
  const connections = server.openConnections();
  for (let count = 0; count < 20; count += 1) await client.callTool("whoami", { count });
  expect(server.openConnections()).toBe(connections);
});

test("python-sdk#2393, cline#12119: streams that bring nothing are not resumed in rapid succession", async () => {
  const nothing: McpAnswer = { kind: "resumable", retry: 0 };
  const app = await calledHostileMcp({ answers: { "tools/call": nothing, resume: nothing } }, slow);
  await expect(app.client.callTool("whoami")).rejects.toMatchObject(timeout);
  const resumed = app.server.requests().filter((kind) => kind === "resume").length;
  // The first pause is 10 ms, and each further one is twice as long.
  expect(resumed).toBeGreaterThan(2);
  expect(resumed).toBeLessThan(10);
  // A call that is over is not resumed.
  app.server.resetRequests();
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(app.server.requests()).not.toContain("resume");
  await expectHarmless(app);
});

test("a server that wants to be asked again in some weeks is not asked at once", async () => {
  for (const retry of [2 ** 31, 2 ** 32, 1e15]) {
    const later: McpAnswer = { kind: "resumable", retry };
    const app = await calledHostileMcp({ answers: { "tools/call": later, resume: later } }, slow);
    await expect(app.client.callTool("whoami")).rejects.toMatchObject(timeout);
    expect(app.server.requests()).not.toContain("resume");
    await expectHarmless(app);
  }
});

test("a server that has nothing more to send ends the call at once", async () => {
  const app = await calledHostileMcp(calls({ kind: "resumable", retry: 0 }));
  const { outcome, took } = await timed(app.client.callTool("whoami"));
  expect(outcome).toMatchObject({ code: "SERVER_ERROR" });
  expect(took).toBeLessThan(patience);
  await expectHarmless(app);
});

test("utcp#35: calls leave no listeners and no sockets behind", async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on("warning", warn);
  const app = await calledHostileMcp({ streams: true });
  try {
    await Promise.all(Array.from({ length: 60 }, (_, count) => app.client.callTool("whoami", { count })));
    for (let count = 0; count < 60; count += 1) await app.client.callTool("whoami", { count });
    await new Promise(setImmediate);
  } finally {
    process.off("warning", warn);
  }
  expect(warnings).toEqual([]);
  await expectHarmless(app);
});

test("when the server has forgotten the session, the call begins a new one, and is carried out once", async () => {
  const app = await calledHostileMcp({});
  await app.client.callTool("whoami");
  app.server.forgetSessions();
  app.server.resetRequests();
  expect(await app.client.callTool("whoami", { a: 1 })).toMatchObject({ content: [{ text: '{"a":1}' }] });
  expect(app.server.requests()).toEqual(["server/discover", "initialize", "notifications/initialized", "tools/call"]);
  await expectHarmless(app);
});
