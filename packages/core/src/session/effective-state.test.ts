import { connectionStateSchema, isTransitional } from "@mcp-assistant/protocol";
import { expect, test } from "vitest";
import { somebodyWorks, someRecord } from "../samples.fixture.js";
import { effectiveState } from "./effective-state.js";

const until = 1_000;
const transitional = connectionStateSchema.options.filter(isTransitional);
const resting = connectionStateSchema.options.filter((state) => !isTransitional(state));

test.each(transitional)("%s stands while its lease lasts", (state) => {
  expect(effectiveState(someRecord(somebodyWorks(state, until)), until - 1)).toBeUndefined();
});

test.each(resting)("%s stands for ever", (state) => {
  expect(effectiveState(someRecord({ state }), Number.MAX_SAFE_INTEGER)).toBeUndefined();
});

test("a sign-in that was left lying is over", () => {
  expect(effectiveState(someRecord(somebodyWorks("AUTHENTICATING", until)), until)).toEqual({
    state: "DISCONNECTED",
    reason: "The sign-in expired",
  });
});

test.each(transitional.filter((state) => state !== "AUTHENTICATING"))(
  "%s without its owner was interrupted",
  (state) => {
    const expired = { state: "FAILED", error: expect.objectContaining({ code: "INTERRUPTED", retryable: true }) };
    expect(effectiveState(someRecord(somebodyWorks(state, until)), until)).toEqual(expired);
    expect(effectiveState(someRecord({ state, work: null }), 0)).toEqual(expired);
  },
);
