import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { expect, inject, onTestFinished, test } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { MCPClient } from "../src/index.js";
import { encryptionKeys, someUser } from "../src/samples.fixture.js";

const worker = fileURLToPath(new URL("./mcp-client-worker.mjs", import.meta.url));

async function connected() {
  const modern = await startModernServer();
  const mcp = appFor(modern, { storage: inject("redisUrl"), encryptionKeys });
  onTestFinished(async () => {
    await mcp.close();
    await modern.close();
  });
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: modern.url });
  return { modern, session: { userId, sessionId } };
}

test("a second process can make a client from the ids alone; with another user's id it finds nothing", async () => {
  const { modern, session } = await connected();
  const inAnotherProcess = async ({ userId, sessionId }: typeof session) => {
    const env = {
      ...process.env,
      REDIS_URL: inject("redisUrl"),
      ENCRYPTION_KEYS: encryptionKeys,
      ALLOW_HOST: modern.hosts[0],
      USER_ID: userId,
      SESSION_ID: sessionId,
    };
    const { stdout } = await promisify(execFile)(process.execPath, [worker], { env, timeout: 20_000 });
    return JSON.parse(stdout);
  };
  expect(await inAnotherProcess(session)).toMatchObject({ structuredContent: { sum: 42 } });
  expect(await inAnotherProcess({ ...session, userId: someUser() })).toEqual({ code: "SESSION_NOT_FOUND" });
});

test.each([[""], ["*"], ["a".repeat(100_000)], ["\u0000\ud800"], [undefined], [null], [7], [{ toString: () => "a" }]])(
  "an invalid session id is not found: %j",
  async (sessionId) => {
    const { session } = await connected();
    const client = new MCPClient({ ...session, sessionId: sessionId as never });
    for (const ask of [client.connect(), client.listTools(), client.callTool("add"), client.disconnect()]) {
      await expect(ask).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    }
  },
);
