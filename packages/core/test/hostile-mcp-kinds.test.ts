import type { McpAnswer, McpLies } from "@mcp-assistant/testing/servers";
import { describe, expect, test } from "vitest";
import { callTool } from "../src/server/methods/tools.js";
import { connectTo } from "../src/server/talk.fixture.js";
import { calledHostileMcp, expectHarmless } from "./hostile-mcp-app.js";

const reply = (contentType: string | string[], body: string): McpLies => ({
  answers: { "tools/call": { kind: "reply", headers: { "content-type": contentType }, body } },
});
const noise = JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "" } });
const answer = (result: object) => `data: ${JSON.stringify({ jsonrpc: "2.0", id: "<id>", result })}\n\n`;
const done = answer({ content: [] });

/** A stream for a reader of events. For a reader of JSON, all of it is the beginning of one text. */
const ambiguous = `{"x\n\n${`data: ${noise}\n\n`.repeat(20_000)}${done}`;

const refused = { code: "SERVER_ERROR", message: expect.stringContaining("sent an answer that is not valid HTTP") };
const other = { code: "NOT_MCP" };
const asStream = { code: "LIMIT_EXCEEDED", message: expect.stringContaining("sent more than 1000 messages") };
const asJson = { code: "SERVER_ERROR", message: expect.stringContaining("sent an answer that is not valid MCP") };

/** Texts of 200 parameters, with everything that a parameter may have (RFC 9110 §5.6.6). */
const parameters = Array.from({ length: 200 }, (_, at) => `; p${at}="text/html, \\"application/json; ${at}"`).join("");

describe("the kind of an answer is decided once", () => {
  test.each<[string, string | string[], object]>([
    ["a byte 0xA0 before the type", "\u00a0text/event-stream", refused],
    ["a byte 0xA0 after the type", "text/event-stream\u00a0", refused],
    ["a byte 0xA0 before a parameter", "text/event-stream\u00a0;charset=utf-8", refused],
    ["a byte 0x85 before the type", "\u0085text/event-stream", refused],
    ["a byte order mark before the type", "\u00ef\u00bb\u00bftext/event-stream", refused],
    ["a space within the type", "text/ event-stream", refused],
    ["a quoted type", '"text/event-stream"', refused],
    ["no subtype", "text", refused],
    ["a third part", "text/event-stream/x", refused],
    ["two types in a list", "application/json, text/event-stream", refused],
    ["two headers that differ", ["application/json", "text/event-stream"], refused],
    ["two headers that differ, the other way around", ["text/event-stream", "application/json"], refused],
    ["nothing before its parameters", "; charset=utf-8", refused],
    ["a type with a longer name", "text/event-streams", other],
    ["a type that begins like it", "text/event-stream-x", other],
    ["two headers that are equal", ["text/event-stream", "text/event-stream"], asStream],
    ["capital letters", "Text/EVENT-Stream", asStream],
    ["spaces and tabs around it", "\t text/event-stream \t; charset=utf-8", asStream],
    ["200 parameters", `text/event-stream${parameters}`, asStream],
    ["a parameter that names another type", "text/event-stream; x=application/json", asStream],
    ["malformed parameters", 'text/event-stream; charset="; ;;=', asStream],
    ["another charset", "text/event-stream; charset=utf-16", asStream],
    ["a charset that has no sense for JSON", "application/json; charset=iso-8859-1", asJson],
    ["a parameter that names a stream", "application/json; x=text/event-stream", asJson],
  ])("%s", async (_what, contentType, error) => {
    const app = await calledHostileMcp(reply(contentType, ambiguous));
    await expect(app.client.callTool("whoami")).rejects.toMatchObject(error);
    await expectHarmless(app);
  });

  test("what is not read as a stream reaches no listener", async () => {
    const app = await calledHostileMcp({});
    const { server, transport } = await connectTo(app.server.url);
    let heard = 0;
    transport.onNotification = () => {
      heard += 1;
    };
    for (const type of ["\u00a0text/event-stream", "application/json"]) {
      app.server.lie(reply(type, ambiguous));
      await expect(callTool(server, { name: "whoami", inputSchema: {} }, {})).rejects.toMatchObject({
        code: "SERVER_ERROR",
      });
    }
    expect(heard).toBe(0);
  });

  test("an answer that is no success is read as a whole, whatever its content type says", async () => {
    for (const type of ["text/event-stream", "\u00a0text/event-stream", "text", "application/json; x"]) {
      const kind: McpAnswer = { kind: "reply", status: 500, headers: { "content-type": type }, body: ambiguous };
      const app = await calledHostileMcp({ answers: { "tools/call": kind } });
      await expect(app.client.callTool("whoami")).rejects.toMatchObject({
        code: "SERVER_ERROR",
        message: expect.stringContaining("HTTP status 500"),
      });
    }
  });
});

const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const deep = (depth: number) => answer({ content: [], structuredContent: "DEEP" }).replace('"DEEP"', nested(depth));
const wide = answer({ content: Array.from({ length: 50_000 }, () => ({ type: "text", text: "" })) });

const marks = {
  "three letters that look like a byte order mark": "\u00ef\u00bb\u00bf",
  "the same after a byte order mark": "\ufeff\u00ef\u00bb\u00bf",
  "two byte order marks": "\ufeff\ufeff",
  "a byte order mark": "\ufeff",
  "a byte order mark after a comment": ":\n\ufeff",
  "an empty line and the three letters": "\n\u00ef\u00bb\u00bf",
};

describe("an event that one reader passes over is passed over by the other", () => {
  test.each(Object.entries(marks))("%s", async (_what, mark) => {
    for (const stream of [deep(1_000), deep(20_000), wide]) {
      const app = await calledHostileMcp(reply("text/event-stream", `${mark}${stream}`));
      const error = mark === "\ufeff" ? { code: "LIMIT_EXCEEDED" } : asJson;
      await expect(app.client.callTool("whoami")).rejects.toMatchObject(error);
      await expectHarmless(app);
    }
  });

  test.each([
    ["an event that a carriage return ends", `data: ${noise}\r\r`],
    ["data in two lines", `data: {"jsonrpc":\ndata: "2.0","id":"x","result":{}}\n\n`],
    ["a field without a colon", `data\n\n`],
    ["an event of another type", `event: other\ndata: ${noise}\n\n`],
    ["an id with NUL", "id: a\u0000b\n"],
    ["ten thousand empty lines", "\n".repeat(10_000)],
  ])("%s: the answer behind it arrives", async (_what, before) => {
    const app = await calledHostileMcp(reply("text/event-stream", `${before}${done}`));
    await expect(app.client.callTool("whoami")).resolves.toMatchObject({ content: [] });
  });
});
