import { startStallingMcpServer } from "@mcp-assistant/testing/servers";
import { expect, inject, onTestFinished, test } from "vitest";
import { sessionStore } from "../src/index.js";
import { encryptionKeys, someUser } from "../src/samples.fixture.js";
import { inAnotherProcess } from "./default-app.js";

test("a process that is killed while it connects leaves a session that the next one connects", async () => {
  const server = await startStallingMcpServer("tools/list");
  onTestFinished(server.close);
  const userId = someUser();
  const serverUrl = `${server.origin}/mcp`;
  const options = { userId, sessionId: sessionStore.generateSessionId({ userId, serverUrl }), serverUrl };
  const environment = {
    REDIS_URL: inject("redisUrl"),
    MCP_ENCRYPTION_KEYS: encryptionKeys,
    APP_URL: "http://127.0.0.1:9",
    MCP_ALLOW_HOSTS: server.host,
  };
  const first = inAnotherProcess({ environment, options, action: "connect" });
  const ended = expect(first).rejects.toThrow();
  await server.stalled;
  first.process.kill("SIGKILL");
  await ended;
  server.release();
  const { result, sessionId } = await inAnotherProcess({ environment, options, action: "connect" });
  expect([result, sessionId]).toEqual([null, options.sessionId]);
  const listed = await inAnotherProcess({ environment, options: { userId }, action: "list" });
  expect(listed.result).toMatchObject([{ sessionId, state: "CONNECTED" }]);
});
