import { setTimeout as pause } from "node:timers/promises";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";

const atRefresh: { next: (() => Promise<unknown>) | undefined } = { next: undefined };

// The modules that the worker has loaded keep the real one, so this file loads its own.
vi.resetModules();
vi.doMock("../../outbound/answer.js", async (importOriginal) => {
  const { answerTo } = await importOriginal<typeof import("../../outbound/answer.js")>();
  const watched: typeof answerTo = async (connections, request, signal) => {
    const answer = await answerTo(connections, request, signal);
    if (String(request.body).includes("grant_type=refresh_token")) await atRefresh.next?.();
    return answer;
  };
  return { answerTo: watched };
});
const { appFor, callbackOf, finish, signedIn, start } = await import("./sign-in.fixture.js");
afterAll(() => {
  vi.doUnmock("../../outbound/answer.js");
  vi.resetModules();
});

/** Runs `work` once, after the authorization server has answered the next refresh and before we see that answer. */
function duringRefresh(work: () => Promise<unknown>) {
  const once = vi.fn(work);
  atRefresh.next = () => {
    atRefresh.next = undefined;
    return once();
  };
  return once;
}

test("a new sign-in that finishes while a call refreshes the old one is kept, and no call continues as another user", async () => {
  const server = await startOauthServer({ accessTokenTtl: 1 });
  onTestFinished(server.close);
  const mcp = appFor(server);
  const session = await signedIn(mcp, server);
  const callback = await callbackOf(await start(mcp, session), { name: "Grace" });
  await pause(1_100);
  const finished = duringRefresh(() => finish(mcp, callback));
  const client = mcp.forUser(session.userId).client(session.sessionId);
  onTestFinished(() => client.close());
  await expect(client.callTool("search_notes", { query: "" })).rejects.toMatchObject({
    code: "CANCELLED",
    message: "You signed in again while this was running",
    retryable: true,
  });
  expect(finished).toHaveBeenCalledTimes(1);
  expect(await client.callTool("search_notes", { query: "" })).toMatchObject({ structuredContent: { notes: [] } });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED", error: null });
});
