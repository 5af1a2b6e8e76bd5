import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { connectedToOffering, kinds } from "./offering-server.js";

const _meta = { "app.example/card": { uri: "ui://card", deep: [null, { a: 1 }] } };
const icons = [{ src: "https://a.example/icon.png", mimeType: "image/png", sizes: ["48x48"] }];
const annotations = { audience: ["user"], priority: 0.5, lastModified: "2026-01-01T00:00:00Z" };

const resources = Array.from({ length: 25 }, (_, at) => ({
  uri: `demo://resource/${at}`,
  name: `Resource ${at}`,
  title: `The resource ${at}`,
  description: "Two lines:\nthis is one",
  mimeType: at % 2 ? "text/plain" : "application/octet-stream",
  size: at,
  annotations,
  icons,
  _meta,
}));
const resourceTemplates = [
  {
    uriTemplate: "demo://resource/{id}",
    name: "resource",
    title: "By id",
    mimeType: "text/plain",
    annotations,
    icons,
    _meta,
  },
];
const prompts = [
  { name: "simple_prompt", description: "Without arguments" },
  {
    name: "complex prompt",
    title: "Complex",
    arguments: [{ name: "city", description: "Where", required: true }, { name: "state" }],
    icons,
    _meta,
  },
];
const contents = [
  { uri: "demo://resource/1", mimeType: "text/plain", text: "Hello\u0000 \u202e world", _meta },
  { uri: "demo://resource/1#blob", mimeType: "application/octet-stream", blob: "AAEC/w==" },
];
const messages = [
  { role: "user", content: { type: "text", text: "What is it like?", annotations } },
  { role: "assistant", content: { type: "image", data: "AAEC", mimeType: "image/png" } },
  { role: "user", content: { type: "resource", resource: contents[0] } },
  { role: "user", content: { type: "resource_link", uri: "demo://resource/1", name: "one", icons } },
];
const completion = { values: ["Paris", "Pärnu"], total: 2, hasMore: false };

const answers = {
  "resources/list": (params: Record<string, unknown> | undefined) => {
    const start = Number(params?.cursor ?? 0);
    const end = start + 10;
    return { resources: resources.slice(start, end), ...(end < 25 ? { nextCursor: `${end}` } : {}) };
  },
  "resources/templates/list": () => ({ resourceTemplates }),
  "resources/read": () => ({ contents, _meta }),
  "prompts/list": () => ({ prompts }),
  "prompts/get": () => ({ description: "A prompt", messages, _meta }),
  "completion/complete": () => ({ completion }),
};

/** The protocol's own client. */
async function bareClient(url: string) {
  const client = new Client({ name: "bare", version: "1" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  onTestFinished(() => client.close());
  return client;
}

describe.each(kinds)("from a server of the $era era that answers with $as", (kind) => {
  test("everything arrives as the protocol's own client gets it", async () => {
    const { url, user, sessionId } = await connectedToOffering(kind, answers);
    const bare = await bareClient(url);
    const ref = { type: "ref/prompt", name: "complex prompt" } as const;
    const input = { ref, argument: { name: "city", value: "P" }, context: { arguments: { state: "x" } } };
    const listed = await user.listResources(sessionId);
    const expected = { resources, leftOut: 0, ...(kind.era === "modern" ? { ttlMs: 0 } : {}) };
    expect(listed).toStrictEqual(expected);
    const template = await user.listResourceTemplates(sessionId);
    const read = await user.readResource(sessionId, "demo://resource/1");
    const prompt = await user.getPrompt(sessionId, "complex prompt", { city: "Paris" });
    const bareResources = [];
    let cursor: string | undefined;
    do {
      const page = await bare.request({ method: "resources/list", params: cursor ? { cursor } : {} });
      bareResources.push(...page.resources);
      cursor = page.nextCursor;
    } while (cursor);
    expect(listed.resources).toStrictEqual(bareResources);
    expect(template.resourceTemplates).toStrictEqual((await bare.listResourceTemplates()).resourceTemplates);
    expect((await user.listPrompts(sessionId)).prompts).toStrictEqual((await bare.listPrompts()).prompts);
    const { contents: bareContents, _meta: bareMeta } = await bare.readResource({ uri: "demo://resource/1" });
    expect(read.contents).toStrictEqual(bareContents);
    expect(read._meta).toEqual(bareMeta);
    const barePrompt = await bare.getPrompt({ name: "complex prompt", arguments: { city: "Paris" } });
    expect(prompt).toEqual(barePrompt);
    expect(await user.complete(sessionId, input)).toEqual((await bare.complete(input)).completion);
  });

  test("each is one request, and a list one for each page", async () => {
    const { user, sessionId, takeRequests } = await connectedToOffering(kind, answers);
    takeRequests();
    await user.readResource(sessionId, "demo://resource/1");
    await user.listPrompts(sessionId);
    await user.getPrompt(sessionId, "simple_prompt");
    const ref = { type: "ref/resource", uri: "demo://resource/{id}" } as const;
    await user.complete(sessionId, { ref, argument: { name: "id", value: "" } });
    await user.listResources(sessionId);
    expect(takeRequests()).toEqual([
      ...["resources/read", "prompts/list", "prompts/get", "completion/complete"],
      ...["resources/list", "resources/list", "resources/list"],
    ]);
  });

  test("without the capability, lists are empty and nothing is asked", async () => {
    const capabilities = { tools: {} };
    const { user, sessionId, takeRequests } = await connectedToOffering(kind, answers, { capabilities });
    takeRequests();
    expect(await user.listResources(sessionId)).toEqual({ resources: [], leftOut: 0 });
    expect(await user.listResourceTemplates(sessionId)).toEqual({ resourceTemplates: [], leftOut: 0 });
    expect(await user.listPrompts(sessionId)).toEqual({ prompts: [], leftOut: 0 });
    const ref = { type: "ref/prompt", name: "a" } as const;
    for (const [ask, noun] of [
      [() => user.readResource(sessionId, "a:b"), "resources"],
      [() => user.getPrompt(sessionId, "a"), "prompts"],
      [() => user.complete(sessionId, { ref, argument: { name: "b", value: "" } }), "completions"],
    ] as const) {
      await expect(ask()).rejects.toMatchObject({
        code: "NOT_SUPPORTED",
        message: expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1:\\d+ offers no ${noun}$`)),
      });
    }
    expect(takeRequests()).toEqual([]);
  });

  test("a method that the server does not know after all is an empty list, or not supported", async () => {
    const { user, sessionId } = await connectedToOffering(kind, {});
    expect(await user.listResourceTemplates(sessionId)).toEqual({ resourceTemplates: [], leftOut: 0 });
    await expect(user.readResource(sessionId, "a:b")).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
  });

  test.each([
    ["readResource", -32_002, "RESOURCE_NOT_FOUND"],
    ["readResource", -32_602, "RESOURCE_NOT_FOUND"],
    ["readResource", -32_603, "SERVER_ERROR"],
    ["getPrompt", -32_602, "INVALID_INPUT"],
    ["getPrompt", -32_603, "SERVER_ERROR"],
    ["complete", -32_602, "INVALID_INPUT"],
  ] as const)("%s that is answered with the error %i is %s, without the server's words", async (method, code, ours) => {
    const secret = "the server repeats s3cret";
    const fail = () => {
      throw Object.assign(new Error(secret), { code });
    };
    const failing = { "resources/read": fail, "prompts/get": fail, "completion/complete": fail };
    const { user, sessionId } = await connectedToOffering(kind, failing);
    const ref = { type: "ref/prompt", name: "a" } as const;
    const ask = {
      readResource: () => user.readResource(sessionId, "a:s3cret"),
      getPrompt: () => user.getPrompt(sessionId, "a", { b: "s3cret" }),
      complete: () => user.complete(sessionId, { ref, argument: { name: "b", value: "s3cret" } }),
    }[method];
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: ours });
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain("s3cret");
  });

  test("aborting gives up here and at the server", async () => {
    const begun = vi.fn();
    const stopped = vi.fn();
    const never = (_params: unknown, signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        begun();
        signal.addEventListener("abort", () => {
          stopped();
          reject(new Error("stopped"));
        });
      });
    const { user, sessionId } = await connectedToOffering(kind, { "completion/complete": never });
    const gone = new AbortController();
    const ref = { type: "ref/prompt", name: "a" } as const;
    const asked = user.complete(sessionId, { ref, argument: { name: "b", value: "" } }, { signal: gone.signal });
    const outcome = asked.catch((error: unknown) => error);
    await vi.waitFor(() => expect(begun).toHaveBeenCalled());
    gone.abort();
    expect(await outcome).toMatchObject({ code: "CANCELLED" });
    await vi.waitFor(() => expect(stopped).toHaveBeenCalled());
  });
});
