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
