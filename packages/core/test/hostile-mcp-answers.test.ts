import type { McpAnswer, McpLies } from "@mcp-assistant/testing/servers";
import { describe, expect, test } from "vitest";
import { calledHostileMcp, expectHarmless, timed } from "./hostile-mcp-app.js";

const calls = (answer: McpAnswer): McpLies => ({ answers: { "tools/call": answer } });
const huge = 150_000_000;

/** The longest (ms) that noticing a lie takes on a busy machine. It is noticed at once, not when a time-out ends. */
const patience = 10_000;

const exceeded = (what: string, limit: string) => ({
  code: "LIMIT_EXCEEDED",
  message: expect.stringMatching(`^127\\.0\\.0\\.1:\\d+ ${what}$`),
  operatorHint: `Raise limits.${limit} to allow more.`,
  retryable: false,
});
const tooLarge = exceeded("answered with more than 4 MiB", "resultBytes");
const tooDeep = exceeded("answered with JSON nested more than 64 levels deep", "jsonDepth");
const tooMany = exceeded("sent more than 1000 messages in one answer", "messages");
const invalid = { code: "SERVER_ERROR", message: expect.stringContaining("sent an answer that is not valid MCP") };
const status = (code: number) => ({ code: "SERVER_ERROR", message: expect.stringContaining(`status ${code}`) });

describe.each(["legacy", "modern"] as const)("from a server of the %s era", (era) => {
  test.each<[string, McpAnswer, object]>([
    ["a result of 150 MB as JSON", { kind: "flood", as: "json", bytes: huge }, tooLarge],
    ["typescript-sdk#771: a result of 150 MB in an event", { kind: "flood", as: "stream", bytes: huge }, tooLarge],
    ["an event without an end", { kind: "flood", as: "endless", bytes: huge }, tooLarge],
    ["a gzip bomb", { kind: "flood", as: "json", bytes: huge, encoding: "gzip" }, tooLarge],
    ["a brotli bomb", { kind: "flood", as: "json", bytes: huge, encoding: "br" }, tooLarge],
    ["a gzip bomb in an event", { kind: "flood", as: "stream", bytes: huge, encoding: "gzip" }, tooLarge],
    ["10 000 notifications a second", { kind: "notifications", perSecond: 10_000 }, tooMany],
    ["a result of 100 000 levels", { kind: "deep", as: "json", depth: 100_000 }, tooDeep],
    ["a result of 100 000 levels in an event", { kind: "deep", as: "stream", depth: 100_000 }, tooDeep],
    ["a notification of 100 000 levels", { kind: "deep", as: "stream", depth: 100_000, beside: true }, tooDeep],
    [
      "a batch with a notification of 100 000 levels",
      { kind: "deep", as: "json", depth: 100_000, beside: true },
      tooDeep,
    ],
  ])("%s ends in an error that names the limit", async (_what, answer, error) => {
    const app = await calledHostileMcp(calls(answer), { era });
    const { outcome, took } = await timed(app.client.callTool("whoami"));
    expect(outcome).toMatchObject(error);
    expect(took).toBeLessThan(patience);
    await expectHarmless(app);
  });

  const other = { id: 9_007_199_254_740_991, result: { content: [] } };
  test.each<[string, readonly Record<string, unknown>[]]>([
    ["a foreign id", [other]],
    ["no id", [{ id: undefined, result: { content: [] } }]],
    ["null as its id", [{ id: null, error: { code: -32_600, message: "no" } }]],
    ["an object as its id", [{ id: { toString: "x" }, result: { content: [] } }]],
    ["an array as its id", [{ id: [1], result: { content: [] } }]],
    ["a notification", [{ id: undefined, method: "notifications/message", params: { level: "info", data: "" } }]],
    ["nothing", []],
    ["no JSON-RPC", [{ jsonrpc: "1.0", result: {} }]],
    ["neither a result nor an error", [{}]],
  ])("an answer with %s fails at once, not after a minute", async (_what, messages) => {
    for (const as of ["json", "stream"] as const) {
      const app = await calledHostileMcp(calls({ kind: "messages", as, messages }), { era });
      const { outcome, took } = await timed(app.client.callTool("whoami"));
      expect(outcome).toMatchObject({ code: "SERVER_ERROR", retryable: true });
      expect(took).toBeLessThan(patience);
      await expectHarmless(app);
    }
  });
});

const reply = (body: string, contentType: string, encoding = "identity"): McpAnswer => ({
  kind: "reply",
  headers: { "content-type": contentType, "content-encoding": encoding },
  body,
});
const result = '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';

describe("from a server that says one thing and does another", () => {
  test.each<[string, McpAnswer | ((canary: string) => McpAnswer), object]>([
    ["JSON labelled as an event stream", reply(result, "text/event-stream"), invalid],
    ["events labelled as JSON", reply(`data: ${result}\n\n`, "application/json"), invalid],
    ["events labelled as a page", reply(`data: ${result}\n\n`, "text/html"), { code: "NOT_MCP" }],
    ["a page", reply("<h1>Hello</h1>", "text/html"), { code: "NOT_MCP" }],
    ["truncated JSON", reply('{"jsonrpc":"2.0","id":', "application/json"), invalid],
    ["an invalid gzip", reply(result, "application/json", "gzip"), { code: "SERVER_UNREACHABLE" }],
    [
      "a connection closed in the middle of JSON",
      { kind: "cut", as: "json", after: 20 },
      { code: "SERVER_UNREACHABLE" },
    ],
    ["a connection closed in an event", { kind: "cut", as: "stream", after: 20 }, { code: "SERVER_UNREACHABLE" }],
    ["a redirect inward (301)", (to) => ({ kind: "redirect", status: 301, to }), status(301)],
    ["a redirect inward (302)", (to) => ({ kind: "redirect", status: 302, to }), status(302)],
    ["a redirect inward (303)", (to) => ({ kind: "redirect", status: 303, to }), status(303)],
    ["a redirect inward (307)", (to) => ({ kind: "redirect", status: 307, to }), status(307)],
    ["a redirect inward (308)", (to) => ({ kind: "redirect", status: 308, to }), status(308)],
    ["a redirect to a file", { kind: "redirect", status: 307, to: "file:///etc/passwd" }, status(307)],
    [
      "100 KB of headers",
      { kind: "head", of: "large headers" },
      { code: "LIMIT_EXCEEDED", message: expect.stringContaining("16 KiB") },
    ],
    [
      "10 000 interim responses",
      { kind: "head", of: "interim responses" },
      { code: "LIMIT_EXCEEDED", message: expect.stringContaining("16 KiB of headers") },
    ],
  ])("%s is refused", async (_what, answer, error) => {
    const app = await calledHostileMcp(({ canary }) =>
      calls(typeof answer === "function" ? answer(`${canary}/mcp`) : answer),
    );
    const { outcome, took } = await timed(app.client.callTool("whoami"));
    expect(outcome).toBeInstanceOf(Error);
    expect(outcome).toMatchObject(error);
    expect(took).toBeLessThan(patience);
    await expectHarmless(app);
  });

  test.each<[string, McpAnswer]>([
    ["trailers", { kind: "head", of: "trailers" }],
    ["cookies", { kind: "head", of: "cookies" }],
  ])("%s do not change the answer", async (_what, answer) => {
    const { client } = await calledHostileMcp(calls(answer));
    const { outcome, took } = await timed(client.callTool("whoami", { it: "is me" }));
    expect(outcome).toMatchObject({ content: [{ text: '{"it":"is me"}' }] });
    expect(took).toBeLessThan(patience);
  });

  test.each(["json", "stream"] as const)("a result with too many content items ends in an error (%s)", async (as) => {
    const content = Array.from({ length: 20_000 }, () => ({ type: "text", text: "" }));
    const app = await calledHostileMcp(calls({ kind: "messages", as, messages: [{ result: { content } }] }));
    await expect(app.client.callTool("whoami")).rejects.toMatchObject(
      exceeded("answered with more than 10000 contents", "contents"),
    );
    app.server.lie({ result: { content: content.slice(0, 10_000) } });
    expect((await app.client.callTool("whoami")).content).toHaveLength(10_000);
    await expectHarmless(app);
  });

  test("of two answers, the first one is used", async () => {
    const messages = ["first", "second"].map((text) => ({ result: { content: [{ type: "text", text }] } }));
    for (const as of ["json", "stream"] as const) {
      const app = await calledHostileMcp(calls({ kind: "messages", as, messages }));
      expect(await app.client.callTool("whoami")).toMatchObject({ content: [{ text: "first" }] });
      await expectHarmless(app);
    }
  });

  test("a server that sends too many requests of its own ends the call in an error", async () => {
    const messages = Array.from({ length: 500 }, (_, id) => ({ id, method: "ping" }));
    const app = await calledHostileMcp(calls({ kind: "messages", as: "stream", messages }));
    await expect(app.client.callTool("whoami")).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: `${app.server.host} sent more than 16 requests of its own in one answer`,
      hint: "Contact the server's provider.",
      operatorHint: undefined,
    });
    await expectHarmless(app);
  });

  test("an exceeded limit ends that call, but no other call of the same client", async () => {
    const slowly: McpAnswer = { kind: "drip", as: "stream", from: "body", every: 10 };
    const { client, server } = await calledHostileMcp(calls(slowly));
    const patient = client.callTool("whoami", { i: "wait" });
    await expect.poll(() => server.openStreams()).toBe(1);
    server.lie(calls({ kind: "deep", as: "stream", depth: 1_000 }));
    await expect(client.callTool("whoami")).rejects.toMatchObject(tooDeep);
    expect(await patient).toMatchObject({ content: [{ text: '{"i":"wait"}' }] });
  });
});
