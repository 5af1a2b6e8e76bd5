import { McpSessionError } from "@mcp-assistant/protocol";
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { offeredOptions, type UseOfferedOptions } from "./offered-options.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Answer = { ttlMs?: number } | null;

function observed(ask: () => Promise<Answer>, options: UseOfferedOptions<Answer> = {}) {
  const client = new QueryClient();
  return new QueryObserver(client, offeredOptions({ queryKey: ["offered"], ask, options }));
}

test.each([
  ["REQUEST_TIMEOUT", true, 1],
  ["SERVER_UNREACHABLE", true, 2],
  ["NOT_CONNECTED", false, 1],
] as const)("a server that fails with %s (retryable: %s) is asked %i times in all", async (code, retryable, times) => {
  const ask = vi.fn(() => Promise.reject(new McpSessionError({ code, message: "", hint: "", retryable })));
  const query = observed(ask);
  const end = query.subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledTimes(times);
  expect(query.getCurrentResult().error).toMatchObject({ code });
  end();
});

test("a caller may have it asked more often", async () => {
  const timeout = new McpSessionError({ code: "REQUEST_TIMEOUT", message: "", hint: "", retryable: true });
  const ask = vi.fn(() => Promise.reject(timeout));
  const end = observed(ask, { retry: 2 }).subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledTimes(3);
  end();
});

test.each<[string, Answer, UseOfferedOptions<Answer>, number]>([
  ["as long as its server says", { ttlMs: 5_000 }, {}, 5_000],
  ["a minute if its server does not say it", {}, {}, 60_000],
  ["a minute without an answer of text", null, {}, 60_000],
  ["as long as the caller says", { ttlMs: 5_000 }, { staleTime: 9_000 }, 9_000],
  // As a page without `exactOptionalPropertyTypes` may.
  ["the same if the caller leaves it undefined", { ttlMs: 5_000 }, { staleTime: undefined as never }, 5_000],
])("an answer is fresh %s", async (_, answer, options, ms) => {
  const ask = vi.fn(async () => answer);
  const query = observed(ask, options);
  const show = async () => {
    const hide = query.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
    hide();
  };
  await show();
  await vi.advanceTimersByTimeAsync(ms - 1);
  await show();
  expect(ask).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(10);
  await show();
  expect(ask).toHaveBeenCalledTimes(2);
});
