import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { expect, inject, onTestFinished, test, vi } from "vitest";
import { createMcp } from "../create-mcp.js";
import { encryptionKeys, someUser } from "../samples.fixture.js";

test("a process whose clock is an hour slow can make its first connection", async () => {
  const server = await startModernServer();
  const mcp = createMcp({
    storage: inject("redisUrl"),
    encryptionKeys,
    baseUrl: "http://127.0.0.1:9",
    outbound: { allowHosts: server.hosts },
  });
  const { now } = Date;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now() - 3_600_000);
  onTestFinished(async () => {
    clock.mockRestore();
    await Promise.all([mcp.close(), server.close()]);
  });
  const answer = await mcp.forUser(someUser()).connect({ serverUrl: server.url });
  expect(answer).toMatchObject({ state: "CONNECTED", error: null });
});
