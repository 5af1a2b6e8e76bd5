import type { AnswerForm, McpAnswer } from "@mcp-assistant/testing/servers";
import { describe, expect, test } from "vitest";
import { calledHostileMcp, connectHostileMcp, expectHarmless } from "./hostile-mcp-app.js";

const tooMany = (max: number) => ({
  code: "LIMIT_EXCEEDED",
  message: expect.stringMatching(`^127\\.0\\.0\\.1:\\d+ answered with JSON of more than ${max} members$`),
  operatorHint: "Raise limits.jsonMembers to allow more.",
  retryable: false,
});

const filled = (unit: string, bytes = 4_000_000) => {
  const units = unit.repeat(Math.floor(bytes / unit.length));
  return units.slice(0, -1);
};

/** Values of 4 MB with as many members as possible. */
const tiny: Record<string, string> = {
  "an array of digits": `[${filled("1,")}]`,
  "an array of empty objects": `[${filled("{},")}]`,
  "an array of empty arrays": `[${filled("[],")}]`,
  "an object of many keys": `{${filled('"a":1,')}}`,
  "an object of keys that are numbers": `{${Array.from({ length: 300_000 }, (_, at) => `"${at}":0`).join()}}`,
  "an array of empty texts": `[${filled('"",')}]`,
  "objects in objects, side by side": `[${filled('{"":{"":{}}},')}]`,
};

/** The true answer to a call or a list, with this text for a value in it. */
const answerWith = (result: (place: string) => object, value: string, as: AnswerForm): McpAnswer => {
  const place = "MANY";
  const text = JSON.stringify({ jsonrpc: "2.0", id: "<id>", result: result(place) }).replace(`"${place}"`, value);
  return as === "json"
    ? { kind: "reply", headers: { "content-type": "application/json" }, body: text }
    : { kind: "reply", headers: { "content-type": "text/event-stream" }, body: `data: ${text}\n\n` };
};

describe.each(["json", "stream"] as const)("tiny members (%s)", (as) => {
  test.each(Object.entries(tiny))("%s: a call is ended before they are parsed", async (_what, value) => {
    const result = (place: string) => ({ content: [], structuredContent: { in: place } });
    const app = await calledHostileMcp({ answers: { "tools/call": answerWith(result, value, as) } });
    await expect(app.client.callTool("whoami")).rejects.toMatchObject(tooMany(100_000));
    await expectHarmless(app);
  });

  test.each(Object.entries(tiny))("%s: a list of tools is ended before they are parsed", async (_what, value) => {
    const result = (place: string) => ({
      tools: [{ name: "a", inputSchema: { type: "object", in: { enum: place } } }],
    });
    const { mcp, session } = await connectHostileMcp({
      lies: { answers: { "tools/list": answerWith(result, value, as) } },
    });
    const { state, error } = await mcp.forUser(session.userId).get(session.sessionId);
    expect({ state, error }).toMatchObject({ state: "FAILED", error: tooMany(100_000) });
  });
});

test.each([
  ["stream", 14],
  ["json", 16],
] as const)("exactly as many members as allowed are accepted, in all messages together (%s)", async (as, others) => {
  const jsonMembers = 5_000;
  const { client, server } = await calledHostileMcp({}, { limits: { jsonMembers } });
  const call = (length: number) => {
    const zeros = Array.from({ length }, () => 0);
    const messages = [
      { id: undefined, method: "notifications/message", params: { level: "info", data: [0, 0] } },
      { result: { content: [], structuredContent: { zeros } } },
    ];
    server.lie({ answers: { "tools/call": { kind: "messages", as, messages } } });
    return client.callTool("whoami");
  };
  await expect(call(jsonMembers - others)).resolves.toMatchObject({ content: [] });
  await expect(call(jsonMembers - others + 1)).rejects.toMatchObject(tooMany(jsonMembers));
});

test("an event may have two lines for each member that is allowed, and no more", async () => {
  const jsonMembers = 5_000;
  const { client, server } = await calledHostileMcp({}, { limits: { jsonMembers } });
  const call = (lines: number) => {
    const answer = `data: ${JSON.stringify({ jsonrpc: "2.0", id: "<id>", result: { content: [] } })}\n`;
    const body = `${answer}${"data\n".repeat(lines - 1)}\n`;
    server.lie({
      answers: { "tools/call": { kind: "reply", headers: { "content-type": "text/event-stream" }, body } },
    });
    return client.callTool("whoami");
  };
  await expect(call(2 * jsonMembers)).resolves.toMatchObject({ content: [] });
  await expect(call(2 * jsonMembers + 1)).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: expect.stringMatching(/ sent events of more than 10000 lines$/),
    operatorHint: "Raise limits.jsonMembers to allow more.",
    retryable: false,
  });
});
