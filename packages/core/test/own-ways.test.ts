import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import {
  appFor,
  callbackOf,
  finish,
  outdateTokens,
  start,
  tokenRequests,
} from "../src/authorization/sign-in/sign-in.fixture.js";
import { someUser } from "../src/samples.fixture.js";

afterEach(() => void vi.unstubAllGlobals());

/** Runs it with globals that throw, so that a request that bypasses the guarded fetch fails. */
async function withoutTheGlobals<T>(run: () => Promise<T>): Promise<T> {
  const reached: string[] = [];
  for (const name of ["fetch", "WebSocket", "EventSource", "XMLHttpRequest"]) {
    vi.stubGlobal(name, () => {
      reached.push(name);
      throw new Error(`The global ${name} was used`);
    });
  }
  try {
    return await run();
  } finally {
    vi.unstubAllGlobals();
    expect(reached).toEqual([]);
  }
}

test("a sign-in, a call, a refresh, a reconnect and a sign-out work without the global fetch", async () => {
  const notes = await startOauthServer();
  onTestFinished(notes.close);
  const mcp = appFor(notes);
  const userId = someUser();
  const opened = await withoutTheGlobals(async () => {
    const { sessionId, state } = await mcp.forUser(userId).connect({ serverUrl: notes.url });
    expect(state).toBe("AUTHENTICATING");
    return start(mcp, { userId, sessionId });
  });
  // This is the browser and the user, not the app.
  const callback = await callbackOf(opened);
  await withoutTheGlobals(async () => {
    await finish(mcp, callback);
    const client = mcp.forUser(opened.userId).client(opened.sessionId);
    expect((await client.listTools()).tools).toHaveLength(3);
    await outdateTokens(opened);
    expect(await client.callTool("search_notes", { query: "" })).toHaveProperty("content");
    await client.close();
    await mcp.forUser(opened.userId).disconnect(opened.sessionId);
    expect(await mcp.forUser(opened.userId).reconnect(opened.sessionId)).toMatchObject({ state: "CONNECTED" });
    await mcp.forUser(opened.userId).signOut(opened.sessionId);
  });
  expect([tokenRequests(notes, "authorization_code"), tokenRequests(notes, "refresh_token")]).toEqual([1, 1]);
});

test("CVE-2025-6514: an app works where text must not become code, and loads no module that starts programs", async () => {
  const modern = await startModernServer();
  onTestFinished(modern.close);
  const worker = fileURLToPath(new URL("./no-code-from-texts.mjs", import.meta.url));
  const env = { ...process.env, SERVER_URL: modern.url, ALLOW_HOST: modern.hosts[0] };
  const args = ["--disallow-code-generation-from-strings", worker];
  const out = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { env, timeout: 15_000 }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
  expect(JSON.parse(out)).toEqual({
    canMakeCode: false,
    state: "CONNECTED",
    result: {
      content: [{ type: "text", text: "42" }],
      structuredContent: { sum: 42 },
      _meta: { "io.modelcontextprotocol/serverInfo": expect.objectContaining({ name: "demo-toolbox" }) },
    },
    refused: "SERVER_URL_INVALID",
    startsPrograms: [],
  });
});
