import { hostileText } from "@mcp-assistant/testing/servers";
import { describe, expect, test } from "vitest";
import { calledHostileMcp, connectHostileMcp } from "./hostile-mcp-app.js";

const inputSchema = { type: "object" };
const _meta = { "app.example/card": { uri: "ui://card", deep: [null, { a: 1 }] } };
const icons = [{ src: "https://a.example/icon.png", mimeType: "image/png", sizes: ["48x48"], theme: "dark" }];

describe.each(["legacy", "modern"] as const)("from a server of the %s era", (era) => {
  test("_meta, icons, execution and hints survive the store and are listed with the tools", async () => {
    const whole = {
      name: "whoami",
      icons,
      execution: { taskSupport: "optional" },
      annotations: { readOnlyHint: true, "x-hint": 1 },
      _meta,
    };
    const { mcp, session } = await connectHostileMcp({ era, lies: { tools: [whole] } });
    expect(await mcp.forUser(session.userId).listTools(session.sessionId)).toStrictEqual({
      tools: [{ inputSchema, ...whole }],
    });
  });

  test.each([
    ["icons", "none"],
    ["icons", [{ src: 1 }]],
    ["annotations", ["loud"]],
    ["annotations", { readOnlyHint: "yes" }],
    ["execution", "later"],
    ["_meta", null],
    ["title", { en: "Who am I" }],
    ["description", 7],
    ["outputSchema", "any"],
  ])("a tool whose %s is %j keeps everything else, and hides no other tool", async (name, value) => {
    const tools = [{ name: "odd", _meta, icons, [name]: value }, { name: 7 }, { name: "whoami" }];
    const { mcp, session } = await connectHostileMcp({ era, lies: { tools } });
    expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
      state: "CONNECTED",
      toolCount: 2,
    });
    const { tools: listed } = await mcp.forUser(session.userId).listTools(session.sessionId);
    const [odd, other] = listed;
    expect(other).toEqual({ name: "whoami", inputSchema });
    const kept: Record<string, unknown> = { inputSchema, name: "odd", _meta, icons };
    delete kept[name];
    expect(odd).toMatchObject(kept);
    const client = mcp.forUser(session.userId).client(session.sessionId);
    expect(await client.callTool("odd", { a: 1 })).toMatchObject({ content: [{ type: "text", text: '{"a":1}' }] });
    await client.close();
  });

  test("a list that is null counts as empty, and a list that is not an array fails", async () => {
    const empty = { kind: "messages", as: "json" } as const;
    const listed = (tools: unknown) => ({
      answers: {
        "tools/list": {
          ...empty,
          messages: [{ result: { resultType: "complete", ttlMs: 0, cacheScope: "private", tools } }],
        },
      },
    });
    const none = await connectHostileMcp({ era, lies: listed(null) });
    expect(await none.mcp.forUser(none.session.userId).get(none.session.sessionId)).toMatchObject({
      state: "CONNECTED",
      toolCount: 0,
    });
    const odd = await connectHostileMcp({ era, lies: listed({ whoami: {} }) });
    expect(await odd.mcp.forUser(odd.session.userId).get(odd.session.sessionId)).toMatchObject({
      state: "FAILED",
      error: { code: "SERVER_ERROR", message: `${odd.server.host} sent an answer that is not valid MCP` },
    });
  });

  test("content blocks of every kind arrive, unknown ones unchanged, with the _meta of the result", async () => {
    const annotations = { audience: ["user"], priority: 1 };
    const known = [
      { type: "text", text: hostileText, annotations, _meta },
      { type: "image", data: "not base64", mimeType: "image/png" },
      { type: "audio", data: "aGVsbG8=", mimeType: "audio/wav", annotations },
      { type: "resource_link", uri: "ui://card", name: "card", icons, _meta },
      { type: "resource", resource: { uri: "ui://card", mimeType: "text/html", text: "<b>", _meta }, annotations },
    ];
    const unknown = [
      { type: "hologram", depth: 3, _meta },
      { type: "text", text: 7 },
      { type: "unknown", value: { type: "text", text: "not what it seems" } },
      "text",
      null,
    ];
    const { client } = await calledHostileMcp(
      { result: { content: [...known, ...unknown], isError: true, _meta } },
      { era },
    );
    expect(await client.callTool("whoami")).toStrictEqual({
      content: [...known, ...unknown.map((value) => ({ type: "unknown", value }))],
      isError: true,
      _meta,
    });
  });

  test("a result without content is valid if it has structured content", async () => {
    const { client, server } = await calledHostileMcp(
      { result: { content: undefined, structuredContent: { a: 1 } } },
      { era },
    );
    expect(await client.callTool("whoami")).toEqual({ content: [], structuredContent: { a: 1 } });
    server.lie({ result: { content: undefined } });
    await expect(client.callTool("whoami")).rejects.toMatchObject({
      code: "SERVER_ERROR",
      message: `${server.host} sent an answer that is not valid MCP`,
    });
  });
});
