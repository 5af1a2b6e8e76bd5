import { hostileText, hostileTools, longList, type McpLies, unshowableNames } from "@mcp-assistant/testing/servers";
import { describe, expect, test, vi } from "vitest";
import { connectHostileMcp, expectHarmless } from "./hostile-mcp-app.js";

const lists = (answer: NonNullable<McpLies["answers"]>["tools/list"]): McpLies =>
  answer ? { answers: { "tools/list": answer } } : {};
const text = (bytes: number) => ({ description: "x".repeat(bytes) });

describe.each(["legacy", "modern"] as const)("a list of tools from a server of the %s era", (era) => {
  test.each<[string, McpLies, string, string]>([
    ["50 000 tools on one page", { tools: longList(50_000) }, "lists more than 1000 tools", "tools"],
    ["pages without an end", { pages: "fresh cursors" }, "lists its tools on more than 64 pages", "toolPages"],
    [
      "a page of 150 MB",
      lists({ kind: "flood", as: "stream", bytes: 150_000_000 }),
      "sent a list of tools larger than 4 MiB",
      "toolListBytes",
    ],
    [
      "pages that are too large only in total",
      { tools: [{ name: "large", ...text(1_000_000) }], pages: "fresh cursors" },
      "sent a list of tools larger than 4 MiB",
      "toolListBytes",
    ],
    [
      "a list of 100 000 levels",
      lists({ kind: "deep", as: "json", depth: 100_000 }),
      "answered with JSON nested more than 64 levels deep",
      "jsonDepth",
    ],
    [
      "instructions of 64 KiB and one byte",
      { handshake: { instructions: "x".repeat(65_537) } },
      "sent instructions longer than 64 KiB",
      "instructionBytes",
    ],
    [
      "a handshake of 150 MB",
      {
        answers: {
          "server/discover": { kind: "flood", as: "json", bytes: 150_000_000 },
          initialize: { kind: "flood", as: "json", bytes: 150_000_000 },
        },
      },
      "answered with more than 4 MiB",
      "resultBytes",
    ],
  ])(
    "%s leaves the connection FAILED with an error that names the limit, and a later reconnect works",
    async (_what, lies, what, limit) => {
      const { mcp, server, session } = await connectHostileMcp({ era, lies });
      const { state, error } = await mcp.forUser(session.userId).get(session.sessionId);
      expect(state).toBe("FAILED");
      expect(error).toMatchObject({ code: "LIMIT_EXCEEDED", message: `${server.host} ${what}`, retryable: false });
      expect(error?.operatorHint).toContain(`limits.${limit}`);
      server.lie();
      expect(await mcp.forUser(session.userId).reconnect(session.sessionId)).toMatchObject({ state: "CONNECTED" });
      const client = mcp.forUser(session.userId).client(session.sessionId);
      await expectHarmless({ mcp, server, session, client, logged: [] });
    },
  );

  test("lists and instructions of the maximum length are accepted", async () => {
    const lies = { tools: longList(1_000), handshake: { instructions: "x".repeat(65_536) } };
    const { mcp, session } = await connectHostileMcp({ era, lies });
    expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
      state: "CONNECTED",
      toolCount: 1_000,
    });
  });

  test("a page that comes again and again counts as one page", async () => {
    const { mcp, session } = await connectHostileMcp({ era, lies: { pages: "same cursor" } });
    expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
      state: "CONNECTED",
      toolCount: 1,
    });
  });

  test("hostile tools are listed as text, can be called, and cause no request to another address", async () => {
    const { mcp, server, session, logged } = await connectHostileMcp({
      era,
      lies: ({ canary }) => ({
        tools: hostileTools(canary),
        result: {
          structuredContent: { text: `${"a".repeat(60)}!`, list: Array.from({ length: 50_000 }, (_, at) => at) },
        },
      }),
    });
    const { tools } = await mcp.forUser(session.userId).listTools(session.sessionId);
    expect(tools).toHaveLength(hostileTools("").length);
    const client = mcp.forUser(session.userId).client(session.sessionId);
    for (const { name } of tools) {
      expect(await client.callTool(name, { name })).toMatchObject({ content: [{ text: JSON.stringify({ name }) }] });
    }
    expect(JSON.stringify(logged)).not.toContain("hacked");
    await expectHarmless({ mcp, server, session, client, logged });
  });

  test("names that cannot be shown are left out, and the log says how many, not which", async () => {
    const lies = { tools: [...unshowableNames, "whoami", "whoami"].map((name) => ({ name })) };
    const { mcp, session, logged } = await connectHostileMcp({ era, lies });
    expect(await mcp.forUser(session.userId).listTools(session.sessionId)).toEqual({
      tools: [{ name: "whoami", inputSchema: { type: "object" } }],
    });
    const [warning, ...others] = logged.filter(({ level }) => level === "warn");
    expect(warning).toMatchObject({
      sessionId: session.sessionId,
      metadata: { count: unshowableNames.length + 1 },
    });
    expect(others).toEqual([]);
  });
});

test("a limit that the operator has raised or lowered applies, and the error names it", async () => {
  const limits = { tools: 3, resultBytes: 5_000_000, toolListBytes: 6_291_456 };
  const few = await connectHostileMcp({ limits, lies: { tools: longList(4) } });
  expect((await few.mcp.forUser(few.session.userId).get(few.session.sessionId)).error?.message).toMatch(
    /lists more than 3 tools$/,
  );
  const large = await connectHostileMcp({ limits, lies: { tools: [{ name: "large", ...text(6_000_000) }] } });
  expect(await large.mcp.forUser(large.session.userId).get(large.session.sessionId)).toMatchObject({
    state: "CONNECTED",
  });
  large.server.lie({ answers: { "tools/call": { kind: "flood", as: "json", bytes: 4_900_000 } } });
  const client = large.mcp.forUser(large.session.userId).client(large.session.sessionId);
  expect(await client.callTool("large")).toMatchObject({ content: [{ type: "text" }] });
  large.server.lie({ answers: { "tools/call": { kind: "flood", as: "json", bytes: 5_200_000 } } });
  await expect(client.callTool("large")).rejects.toMatchObject({
    message: expect.stringMatching(/answered with more than 5000000 bytes$/),
  });
  await client.close();
});

test("a tool that is left out for its headers is not named on the console, because its name may be anything", async () => {
  const written: unknown[] = [];
  const spies = (["warn", "error", "log", "info", "debug"] as const).map((method) =>
    vi.spyOn(console, method).mockImplementation((...words) => void written.push(words)),
  );
  const inputSchema = { type: "object", properties: { a: { type: "string", "x-mcp-header": "\u001b[2J" } } };
  const { mcp, session } = await connectHostileMcp({
    era: "modern",
    lies: { tools: [{ name: "hacked", inputSchema }] },
  });
  for (const spy of spies) spy.mockRestore();
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED", toolCount: 0 });
  expect(written).toEqual([]);
});

test("no text from the server gets into an error or the log", async () => {
  const lies: McpLies = {
    answers: {
      "tools/list": { kind: "messages", as: "json", messages: [{ error: { code: -1, message: hostileText } }] },
    },
  };
  const { mcp, session, logged } = await connectHostileMcp({ lies });
  const { error } = await mcp.forUser(session.userId).get(session.sessionId);
  expect(error).toMatchObject({ code: "SERVER_ERROR" });
  expect(JSON.stringify([error, logged])).not.toContain("hacked");
});
