import { connectionStateSchema, isTransitional } from "@mcp-assistant/protocol";
import { expect, test } from "vitest";
import { someRecord, workedOn } from "../samples.fixture.js";
import { effectiveState } from "./effective-state.js";

const until = 1_000;
const transitional = connectionStateSchema.options.filter(isTransitional);
const resting = connectionStateSchema.options.filter((state) => !isTransitional(state));

test.each(transitional)("%s holds until its lease ends", (state) => {
  expect(effectiveState(someRecord(workedOn(state, until)), until - 1)).toBeUndefined();
});

test.each(resting)("%s never expires", (state) => {
  expect(effectiveState(someRecord({ state }), Number.MAX_SAFE_INTEGER)).toBeUndefined();
});

test("an abandoned sign-in expires", () => {
  expect(effectiveState(someRecord(workedOn("AUTHENTICATING", until)), until)).toEqual({
    state: "DISCONNECTED",
    reason: "The sign-in timed out",
  });
});

test.each(transitional.filter((state) => state !== "AUTHENTICATING"))(
  "%s without a valid lease counts as interrupted",
  (state) => {
    const expired = { state: "FAILED", error: expect.objectContaining({ code: "INTERRUPTED", retryable: true }) };
    expect(effectiveState(someRecord(workedOn(state, until)), until)).toEqual(expired);
    expect(effectiveState(someRecord({ state, work: null }), 0)).toEqual(expired);
  },
);

/** The longest lease (ms) of each state. */
const maxMs = (state: (typeof transitional)[number]) => (state === "AUTHENTICATING" ? 600_000 : 20_000);

test.each(transitional)(
  "%s holds for a whole lease, even if the clock that it was taken by is a little ahead",
  (state) => {
    for (const aheadMs of [0, 1, 2_000])
      expect(effectiveState(someRecord(workedOn(state, aheadMs + maxMs(state))), 0)).toBeUndefined();
  },
);

test.each(transitional)(
  "%s does not hold when its lease ends later than any lease can, as after a clock was set back",
  (state) => {
    for (const backMs of [60_000, 600_000, 86_400_000, 8e15])
      expect(effectiveState(someRecord(workedOn(state, maxMs(state) + backMs)), 0)).toBeDefined();
  },
);
