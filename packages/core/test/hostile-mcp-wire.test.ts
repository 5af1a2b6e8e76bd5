import type { McpAnswer, McpLies, WireFlood } from "@mcp-assistant/testing/servers";
import { expect, test } from "vitest";
import { calledHostileMcp, expectHarmless, timed } from "./hostile-mcp-app.js";

const calls = (answer: McpAnswer): McpLies => ({ answers: { "tools/call": answer } });

/** A call's own time limit, long after which a busy machine would still notice a limit on bytes. */
const [requestTimeout, patience] = [30_000, 10_000];

const besides = "sent more than 128 KiB besides the body of its answer";
const inARow = "sent more than 16 KiB in a row besides the body of its answer";
const headers = "sent more than 16 KiB of headers";
const wire = "sent more than twice the 4 MiB that its answers may have";

// The report names the first, the chunk extensions and the trailers. None of the others is a body either.
test.each<[WireFlood, string]>([
  ["informational answers", headers],
  ["informational answers with headers", headers],
  ["empty lines before the head", headers],
  ["a reason phrase", headers],
  ["spaces before a header's value", headers],
  ["chunk extensions", besides],
  ["one chunk extension", inARow],
  ["zeros of a chunk's size", inARow],
  ["trailers", inARow],
  ["spaces in a trailer", inARow],
  ["gzip that holds nothing", wire],
  ["brotli that holds nothing", wire],
])("a call that is answered with %s without end is ended by a limit on bytes", async (of, what) => {
  const app = await calledHostileMcp(calls({ kind: "wire", of }), { limits: { requestTimeout } });
  const { outcome, took } = await timed(app.client.callTool("whoami"));
  expect(outcome).toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: `${app.server.host} ${what}`,
    retryable: false,
  });
  expect(took).toBeLessThan(patience);
  await expectHarmless(app);
});

test.each(["server/discover", "initialize", "tools/list", "aside"] as const)(
  "the same limit holds for the answer to %s",
  async (kind) => {
    const app = await calledHostileMcp({});
    app.server.lie({ answers: { [kind]: { kind: "wire", of: "informational answers" } } });
    const user = app.mcp.forUser(app.session.userId);
    const { outcome, took } = await timed(user.reconnect(app.session.sessionId));
    expect(outcome).toMatchObject({ state: "FAILED", error: { code: "LIMIT_EXCEEDED" } });
    expect(took).toBeLessThan(patience);
  },
);
