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
