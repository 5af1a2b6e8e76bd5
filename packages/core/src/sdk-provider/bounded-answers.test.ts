import { expect, onTestFinished, test, vi } from "vitest";
import { budgetUser } from "../budgets/budget-user.js";
import { HeldBytes } from "../budgets/held-bytes.js";
import { resolveLimits } from "../limits.js";
import type { OutboundInit } from "../outbound/guarded-fetch.js";
import { someUser } from "../samples.fixture.js";
import { boundedAnswers } from "./bounded-answers.js";

test("what arrives after the end of a standing stream takes no room again", async () => {
  const [userId, storeId] = [someUser(), crypto.randomUUID()];
  let sent: OutboundInit = {};
  const fetch = boundedAnswers(
    async (_url, init = {}) => {
      sent = init;
      init.meter?.events();
      return new Response("");
    },
    { limits: resolveLimits(), storeId },
    userId,
  );
  const held = () => HeldBytes.ofAnswers.bytesOf(budgetUser(storeId, userId));
  const response = await fetch("https://notes.example/mcp", { method: "GET" });
  expect(held()).toBeGreaterThan(0);
  await response.text();
  expect(held()).toBe(0);
  const later = performance.now() + 61_000;
  vi.spyOn(performance, "now").mockReturnValue(later);
  onTestFinished(() => void vi.restoreAllMocks());
  sent.took?.(10);
  expect(held()).toBe(0);
});

test("a stream that no one reads gives its room back after a minute, and is cut", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const [userId, storeId] = [someUser(), crypto.randomUUID()];
  const cancelled = vi.fn();
  const fetch = boundedAnswers(
    async (_url, init = {}) => {
      init.meter?.events();
      return new Response(new ReadableStream({ cancel: cancelled }));
    },
    { limits: resolveLimits(), storeId },
    userId,
  );
  const held = () => HeldBytes.ofAnswers.bytesOf(budgetUser(storeId, userId));
  const unread = await fetch("https://notes.example/mcp", { method: "POST", body: "{}" });
  await vi.advanceTimersByTimeAsync(59_000);
  expect(held()).toBeGreaterThan(0);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(held()).toBe(0);
  expect(cancelled).toHaveBeenCalledTimes(1);
  await expect(unread.text()).rejects.toMatchObject({ code: "CANCELLED" });
});

test("a quiet stream whose reader waits stays open", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const [userId, storeId] = [someUser(), crypto.randomUUID()];
  const quiet = new TransformStream<Uint8Array, Uint8Array>();
  const fetch = boundedAnswers(
    async (_url, init = {}) => {
      init.meter?.events();
      return new Response(quiet.readable);
    },
    { limits: resolveLimits(), storeId },
    userId,
  );
  const reader = (await fetch("https://notes.example/mcp", { method: "POST", body: "{}" })).body?.getReader();
  const reading = reader?.read();
  await vi.advanceTimersByTimeAsync(120_000);
  void quiet.writable.getWriter().write(new TextEncoder().encode("data: 1"));
  expect(new TextDecoder().decode((await reading)?.value)).toBe("data: 1");
  await reader?.cancel();
});
