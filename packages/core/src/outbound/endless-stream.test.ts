import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test, vi } from "vitest";
import { AddressPolicy } from "./address-policy.js";
import { Deadline } from "./deadline.js";
import { createGuardedFetch } from "./guarded-fetch.js";

test.each([
  [true, []],
  [false, ["A request failed"]],
])("whether a stream that breaks off is logged as a failure, if endless is %s", async (isEndless, logged) => {
  const log = vi.fn();
  const { origin, host, close } = await startLoopbackServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
    setImmediate(() => response.destroy());
  });
  onTestFinished(close);
  const fetch = createGuardedFetch({ policy: new AddressPolicy([host]), log, timeout: 10_000 });
  await expect((await fetch(origin, { isEndless })).text()).rejects.toThrow("did not send its whole answer");
  expect(log.mock.calls.map(([, message]) => message)).toEqual(logged);
});

test("a deadline that is lifted does not come, and its caller can still give up", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const caller = new AbortController();
  const deadline = new Deadline(caller.signal, 1_000);
  deadline.lift();
  vi.advanceTimersByTime(86_400_000);
  expect(deadline.signal.aborted).toBe(false);
  caller.abort();
  expect(deadline.signal.aborted).toBe(true);
});
