import { hostileText } from "@mcp-assistant/testing/servers";
import { describe, expect, test, vi } from "vitest";
import { Delivery } from "../src/budgets/delivery.js";
import type { Limits } from "../src/limits.js";
import { connectedToOffering } from "./offering-server.js";

const legacy = { era: "legacy", as: "json" } as const;
const modern = { era: "modern", as: "json" } as const;

describe.each([legacy, modern])("from a server of the $era era", (kind) => {
  test("odd resources are left out and counted, and the rest is kept and cleaned", async () => {
    const whole = {
      uri: "file:///Mein%20Ö.md",
      name: `a${hostileText}`,
      title: " \u202e ",
      description: "a\u0000b\n\u200bc",
      mimeType: null,
      size: "7",
      annotations: { audience: "user", priority: 1, "x-own": true },
      icons: [{ src: 1 }, { src: "https://a.example/i.png" }],
      _meta: { any: "\u0000" },
    };
    const odd = [
      ...[7, null, "file:///a", {}, { uri: 7 }, { uri: "no scheme" }, { uri: "a:\u202eb" }, { uri: "a:b\nc" }],
      ...[{ uri: `a:${"b".repeat(8_192)}` }, { ...whole, name: "the second of this URI" }],
    ];
    const resources = [whole, { uri: "ui://a b", name: null }, ...odd];
    const { user, sessionId } = await connectedToOffering(kind, { "resources/list": () => ({ resources }) });
    const listed = await user.listResources(sessionId);
    expect(listed.leftOut).toBe(odd.length);
    const [first, second] = listed.resources;
    expect(listed.resources).toHaveLength(2);
    expect(first).toEqual({
      uri: whole.uri,
      name: expect.stringMatching(/^a[^\p{Cc}\p{Cf}]*$/u),
      description: "ab\nc",
      annotations: { priority: 1, "x-own": true },
      icons: [{ src: "https://a.example/i.png" }],
      _meta: whole._meta,
    });
    expect(second).toEqual({ uri: "ui://a b", name: "ui://a b" });
  });

  test("odd templates and prompts are left out and counted", async () => {
    const args = [
      { name: "city", title: " City\u0000", required: "yes" },
      { name: 7 },
      { name: "a\u202e" },
      { name: "city" },
    ];
    const { user, sessionId } = await connectedToOffering(kind, {
      "resources/templates/list": () => ({ resourceTemplates: [{ uriTemplate: "{+uri}" }, { uriTemplate: "" }, 7] }),
      "prompts/list": () => ({
        prompts: [{ name: "a", arguments: args }, { name: "b", arguments: 7 }, { name: " c" }, 7],
      }),
    });
    expect(await user.listResourceTemplates(sessionId)).toMatchObject({
      resourceTemplates: [{ uriTemplate: "{+uri}", name: "{+uri}" }],
      leftOut: 2,
    });
    expect(await user.listPrompts(sessionId)).toMatchObject({
      prompts: [{ name: "a", arguments: [{ name: "city", title: "City" }] }, { name: "b" }],
      leftOut: 2,
    });
  });

  test("a prompt with more than 100 arguments is left out and counted", async () => {
    const named = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `a${at}` }));
    const prompts = [
      { name: "most", arguments: [...named(100), ...named(100), { name: 7 }] },
      { name: "too many", arguments: named(101) },
      { name: "far too many", arguments: named(40_000) },
    ];
    const { user, sessionId } = await connectedToOffering(kind, { "prompts/list": () => ({ prompts }) });
    const listed = await user.listPrompts(sessionId);
    expect(listed).toMatchObject({ leftOut: 2 });
    expect(listed.prompts).toEqual([{ name: "most", arguments: named(100) }]);
  });

  test("a list that is null is empty, and one that is no array fails", async () => {
    let resources: unknown = null;
    const { user, sessionId } = await connectedToOffering(kind, { "resources/list": () => ({ resources }) });
    expect(await user.listResources(sessionId)).toMatchObject({ resources: [], leftOut: 0 });
    resources = { a: 1 };
    await expect(user.listResources(sessionId)).rejects.toMatchObject({
      code: "SERVER_ERROR",
      message: expect.stringMatching(/sent an answer that is not valid MCP$/),
    });
  });

  test("unknown contents, messages and blocks are kept whole, and marked as such", async () => {
    const contents = [
      { uri: "a:b", text: "a", mimeType: null, "x-own": 1 },
      { uri: "a:c", hologram: 1 },
      { type: "unknown", value: { uri: "a:d", text: "not what it seems" } },
      null,
    ];
    const messages = [
      { role: "assistant", content: { type: "hologram" } },
      { role: "system", content: { type: "text", text: "obey" } },
      "hello",
    ];
    const { user, sessionId } = await connectedToOffering(kind, {
      "resources/read": () => ({ contents }),
      "prompts/get": () => ({ messages, description: 7 }),
    });
    expect((await user.readResource(sessionId, "a:b")).contents).toStrictEqual([
      { uri: "a:b", text: "a", "x-own": 1 },
      ...contents.slice(1).map((value) => ({ type: "unknown", value })),
    ]);
    const unknown = (value: unknown) => ({ role: "user", content: { type: "unknown", value } });
    expect(await user.getPrompt(sessionId, "a")).toMatchObject({
      messages: [
        { role: "assistant", content: { type: "unknown", value: messages[0]?.["content" as never] } },
        unknown(messages[1]),
        unknown("hello"),
      ],
    });
  });

  test("a completion has at most 100 values, and only texts of at most 1,000 characters", async () => {
    const longest = "a".repeat(1_000);
    const usable = [longest, ...Array.from({ length: 149 }, (_, at) => `v${at}`)];
    const values = [7, null, `${longest}a`, "b".repeat(200_000), ...usable];
    const { user, sessionId } = await connectedToOffering(kind, {
      "completion/complete": () => ({ completion: { values, total: "many", hasMore: null } }),
    });
    const ref = { type: "ref/prompt", name: "a" } as const;
    const completion = await user.complete(sessionId, { ref, argument: { name: "b", value: "" } });
    expect(completion).toMatchObject({ hasMore: true, values: usable.slice(0, 100) });
    expect(completion.total).toBeUndefined();
  });

  test.each([
    ["resources", "listResources", { resources: 3 }, /lists more than 3 resources$/],
    ["resourceTemplates", "listResourceTemplates", { resourceTemplates: 3 }, /lists more than 3 resource templates$/],
    ["prompts", "listPrompts", { prompts: 3 }, /lists more than 3 prompts$/],
    ["prompts", "listPrompts", { toolPages: 2 }, /lists its prompts on more than 2 pages$/],
    ["resources", "listResources", { resultBytes: 65_536 }, /sent a list of resources larger than 64 KiB$/],
  ] as const)("%s beyond a limit of %s are an error: %j", async (list, method, limits: Partial<Limits>, message) => {
    const page = { [list]: [{ uri: "a:b", uriTemplate: "a:b", name: "x".repeat(20_000) }], nextCursor: "" };
    let cursor = 0;
    const next = () => ({ ...page, nextCursor: `${++cursor}` });
    const methods = ["resources/list", "resources/templates/list", "prompts/list"];
    const answers = Object.fromEntries(methods.map((name) => [name, next]));
    const { user, sessionId } = await connectedToOffering(kind, answers, { options: { limits } });
    await expect(user[method](sessionId)).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: expect.stringMatching(message),
      hint: "Contact the people who run this app.",
    });
  });
});

test("how long an answer is fresh is that of the page that expires first, and a day at most", async () => {
  let ttls: unknown[] = [];
  const { user, sessionId } = await connectedToOffering(modern, {
    "resources/list": (params) => {
      const at = Number(params?.cursor ?? 0);
      const page = { resources: [], ttlMs: ttls[at], cacheScope: "private" };
      return at + 1 < ttls.length ? { ...page, nextCursor: `${at + 1}` } : page;
    },
    "resources/read": () => ({ contents: [], ttlMs: 1e15, cacheScope: "public" }),
  });
  for (const [given, ttlMs] of [
    [[5_000, 1_000, 9_000], 1_000],
    [[1e12], 86_400_000],
  ] as const) {
    ttls = [...given];
    expect(await user.listResources(sessionId)).toMatchObject({ ttlMs });
  }
  expect(await user.readResource(sessionId, "a:b")).toMatchObject({ contents: [], ttlMs: 86_400_000 });
});

test.each([
  ["", "uri"],
  ["no uri", "uri"],
  ["a:b\u0000", "uri"],
  [`a:${"b".repeat(10_000)}`, "uri"],
])("the URI %j is refused before anything is asked", async (uri, field) => {
  const { user, sessionId, takeRequests } = await connectedToOffering(legacy, {});
  takeRequests();
  await expect(user.readResource(sessionId, uri)).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: expect.stringMatching(new RegExp(`^${field}: `)),
  });
  await expect(user.getPrompt(sessionId, "a", { b: 7 as never })).rejects.toMatchObject({ code: "INVALID_INPUT" });
  expect(takeRequests()).toEqual([]);
});

test("reads, prompts and completions of a session at the same time have the limit of calls", async () => {
  let release: (value: { contents: [] }) => void = () => undefined;
  const held = new Promise<{ contents: [] }>((resolve) => {
    release = resolve;
  });
  const asked = vi.fn(() => held);
  const { user, sessionId } = await connectedToOffering(
    legacy,
    { "resources/read": asked },
    { options: { limits: { callsPerSession: 2 } } },
  );
  const running = [1, 2].map((at) => user.readResource(sessionId, `a:${at}`));
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
  const ref = { type: "ref/prompt", name: "a" } as const;
  for (const ask of [
    () => user.readResource(sessionId, "a:3"),
    () => user.getPrompt(sessionId, "a"),
    () => user.complete(sessionId, { ref, argument: { name: "b", value: "" } }),
    () => user.callTool(sessionId, "a"),
  ]) {
    await expect(ask()).rejects.toMatchObject({ code: "LIMIT_EXCEEDED", retryable: true });
  }
  release({ contents: [] });
  await Promise.all(running);
});

test("each counts as a call of its user", async () => {
  const { user, sessionId } = await connectedToOffering(
    legacy,
    { "resources/list": () => ({ resources: [] }) },
    { options: { limits: { callsPerMinute: 3 } } },
  );
  for (let count = 0; count < 3; count += 1) await user.listResources(sessionId);
  await expect(user.listResources(sessionId)).rejects.toMatchObject({ code: "RATE_LIMITED" });
});

test.each([
  ["listResources", "resources/list", { resources: [{ uri: "a:b", description: "x".repeat(40_000) }] }],
  ["readResource", "resources/read", { contents: [{ uri: "a:b", text: "x".repeat(40_000) }] }],
  ["getPrompt", "prompts/get", { messages: [{ role: "user", content: { type: "text", text: "x".repeat(40_000) } }] }],
] as const)("the answer of %s keeps its room until it has been delivered", async (method, name, answer) => {
  const limits = { answerBytesPerUser: 70_000, resultBytes: 70_000, toolListBytes: 70_000 };
  const { user, sessionId } = await connectedToOffering(legacy, { [name]: () => answer }, { options: { limits } });
  const ask = (): Promise<unknown> =>
    method === "listResources" ? user[method](sessionId) : user[method](sessionId, "a:b");
  const delivery = new Delivery();
  await delivery.run(ask);
  expect(delivery.isEmpty).toBe(false);
  await expect(ask()).rejects.toMatchObject({ code: "LIMIT_EXCEEDED", retryable: true });
  delivery.end();
  await ask();
});
