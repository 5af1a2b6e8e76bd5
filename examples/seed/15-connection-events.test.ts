import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { expect, onTestFinished, test } from "vitest";
import { lineOf } from "./15-connection-events.js";
import { connectFirst, openApp } from "./app.fixture.js";

test("what happens to a user's connections comes as these events", async () => {
  const [modern, notes, dead] = await Promise.all([startModernServer(), startOauthServer(), startModernServer()]);
  onTestFinished(async () => void (await Promise.all([modern.close(), notes.close()])));
  const mcp = openApp([modern, notes, dead]);
  await dead.close();
  const user = mcp.forUser("user-123");
  const events = await user.subscribe();
  const lines: string[] = [];
  const reading = (async () => {
    for await (const { event } of events) {
      lines.push(lineOf(event));
      if (event.type === "session_removed") return;
    }
  })();
  const { sessionId } = await connectFirst("user-123", modern.url);
  const asking = await connectFirst("user-123", notes.url);
  const failed = await user.connect({ serverUrl: dead.url });
  await user.disconnect(sessionId);
  await user.remove(sessionId);
  await reading;
  expect(lines).toEqual(
    expect.arrayContaining([
      "0 connections",
      `${sessionId} is CONNECTED`,
      expect.stringContaining(`${sessionId} has add, `),
      expect.stringContaining(`${asking.sessionId} asks for a sign-in at http://localhost:3000/api/mcp/auth/start?`),
      expect.stringContaining(`${failed.sessionId} failed: `),
      `${sessionId} ended: as asked`,
      `${sessionId} is removed`,
    ]),
  );
});
