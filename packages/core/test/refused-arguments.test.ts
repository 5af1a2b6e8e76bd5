import { describe, expect, test } from "vitest";
import { connectedToOffering } from "./offering-server.js";

const inputSchema = {
  type: "object",
  properties: {
    query: { type: "string" },
    filter: { type: "object", properties: { "a/b": { type: "number" } }, required: ["until"] },
  },
  required: ["query"],
};
const backtracking = { type: "object", properties: { a: { type: "string", pattern: "^(a+)+$" } } };

const refuse = () => {
  throw Object.assign(new Error("Invalid arguments: s3cret"), { code: -32_602 });
};

describe.each([
  { era: "legacy", as: "json" },
  { era: "modern", as: "sse" },
] as const)("when a server of the $era era refuses a call's arguments", (kind) => {
  const connected = (schema: object) =>
    connectedToOffering(kind, {
      "tools/list": () => ({ tools: [{ name: "search", inputSchema: schema }] }),
      "tools/call": refuse,
    });

  test.each([
    [{}, "/query"],
    [{ query: "a", filter: { "a/b": "s3cret" } }, "/filter/until, /filter/a~1b"],
    [{ query: 7 }, "/query"],
  ])("%j: the places that do not match the tool's input schema are named, and no value", async (args, places) => {
    const { user, sessionId, takeRequests } = await connected(inputSchema);
    takeRequests();
    const error = await user.callTool(sessionId, "search", args).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "INVALID_INPUT",
      message: `arguments: The server refused these: ${places}`,
      retryable: false,
    });
    expect(JSON.stringify(error)).not.toContain("s3cret");
    expect(takeRequests()).toEqual(["tools/call"]);
  });

  test("the server's error stays where they match, or where that cannot be found out in time", async () => {
    const { user, sessionId } = await connected(inputSchema);
    await expect(user.callTool(sessionId, "search", { query: "a" })).rejects.toMatchObject({ code: "SERVER_ERROR" });
    const slow = await connected(backtracking);
    const args = { a: `${"a".repeat(60)}!` };
    await expect(slow.user.callTool(slow.sessionId, "search", args)).rejects.toMatchObject({ code: "SERVER_ERROR" });
  });

  test("a name with a typo gets a hint", async () => {
    const { user, sessionId } = await connected(inputSchema);
    await expect(user.callTool(sessionId, "serach")).rejects.toMatchObject({
      code: "TOOL_NOT_FOUND",
      hint: 'Did you mean "search"? Otherwise, check the list of tools.',
    });
    await expect(user.callTool(sessionId, "something else")).rejects.toMatchObject({
      hint: "Check the list of tools. The server may have renamed or removed it.",
    });
  });
});
