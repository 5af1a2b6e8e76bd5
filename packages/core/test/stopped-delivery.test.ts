import { eventually } from "@mcp-assistant/testing/eventually";
import { startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { Delivery } from "../src/budgets/delivery.js";
import { LimitExceededError } from "../src/errors.js";
import type { McpUser } from "../src/mcp.js";
import { someUser } from "../src/samples.fixture.js";

/** A connected user. */
async function open() {
  const server = await startHostileMcpServer();
  const mcp = appFor({ hosts: [server.host] });
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: server.url });
  return { server, user, sessionId };
}

/** The error of another step, whose room another user has got. It is true of that step alone. */
const errorOfAnother = (retryable: boolean) =>
  new LimitExceededError({ message: "Another step gave way", hint: "Another hint", retryable });

type Session = { user: McpUser; sessionId: string; serverUrl: string };

test.each<[string, (session: Session) => Promise<unknown>]>([
  ["a reconnect", ({ user, sessionId }) => user.reconnect(sessionId)],
  ["a reconnect with headers", ({ user, sessionId }) => user.reconnect(sessionId, { headers: { "x-key": "1" } })],
  ["a new connection", ({ user, serverUrl }) => user.connect({ serverUrl, serverId: "another" })],
])("%s goes on when the answer with it is stopped", async (_what, use) => {
  const { server, user, sessionId } = await open();
  const delivery = new Delivery();
  delivery.stop(errorOfAnother(false));
  const used = delivery.run(() => use({ user, sessionId, serverUrl: server.url }));
  expect(await used).toMatchObject({ state: "CONNECTED", error: null });
});

test("a call in a stopped answer still connects a connection that had failed for a while", async () => {
  const { server, user, sessionId } = await open();
  const down = { kind: "reply", status: 503, headers: { "content-type": "text/plain" }, body: "" } as const;
  server.lie({ answers: { initialize: down, "server/discover": down } });
  expect(await user.reconnect(sessionId)).toMatchObject({ state: "FAILED" });
  server.lie();
  const delivery = new Delivery();
  delivery.stop(errorOfAnother(false));
  server.resetRequests();
  const called = delivery.run(() => user.callTool(sessionId, "whoami"));
  await expect(called).rejects.toMatchObject({ code: "LIMIT_EXCEEDED", retryable: true, retryAfter: 2_000 });
  expect(server.requests()).not.toContain("tools/call");
  expect(await user.get(sessionId)).toMatchObject({ state: "CONNECTED", error: null });
});

test.each<["tools/call" | "tools/list", (session: Session) => Promise<unknown>, object]>([
  [
    "tools/call",
    ({ user, sessionId }) => user.callTool(sessionId, "whoami"),
    { retryable: false, retryAfter: undefined, hint: expect.stringMatching(/check that before you try again\.$/) },
  ],
  ["tools/list", ({ user, sessionId }) => user.refreshSession(sessionId), { retryable: true, retryAfter: 2_000 }],
])("a %s under way in an answer that is stopped ends with an error that is true of it", async (method, use, own) => {
  const { server, user, sessionId } = await open();
  server.lie({ answers: { [method]: { kind: "stall" } } });
  server.resetRequests();
  const delivery = new Delivery();
  const used = delivery.run(() => use({ user, sessionId, serverUrl: server.url }));
  used.catch(() => undefined);
  expect(await eventually(() => server.requests().includes(method))).toBe(true);
  delivery.stop(errorOfAnother(method === "tools/call"));
  const message = "This app is busy: it is already reading as many answers as it can";
  await expect(used).rejects.toMatchObject({ code: "LIMIT_EXCEEDED", message, ...own });
});
