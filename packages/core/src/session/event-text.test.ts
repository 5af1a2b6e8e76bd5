import { loggedEventSchema } from "@mcp-assistant/protocol";
import { expect, test } from "vitest";
import { authUrl, someRecord } from "../samples.fixture.js";
import { eventText, maxEventBytes } from "./event-text.js";
import { createdEvents } from "./move.js";

/** A failed connection whose user and server have used all that they may have. */
const largest = someRecord({
  serverName: "👩".repeat(64),
  serverUrl: `https://notes.example/${"x".repeat(2_026)}`,
  state: "FAILED",
  headers: { version: "1", names: Array.from({ length: 20 }, (_, index) => `X-${index}-`.padEnd(64, "x")) },
  error: {
    code: "AUTHORIZATION_FAILED",
    message: "é".repeat(2_000),
    hint: "é".repeat(2_000),
    operatorHint: "é".repeat(2_000),
    retryable: false,
  },
});

test("an event of a connection that has all it may have fits into an entry of the log", () => {
  const events = createdEvents(largest, { now: Date.now(), authUrl });
  expect(events.map(({ type }) => type)).toEqual(["state_changed", "error"]);
  for (const event of events) {
    const text = eventText(event);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxEventBytes);
    const read = loggedEventSchema.parse(JSON.parse(text));
    expect(read).toMatchObject({ type: event.type, sessionId: largest.sessionId });
    if (read.type === "state_changed") expect(read.connection.serverUrl).toBe(largest.serverUrl);
  }
});

test("an event of usual size is stored as it is", () => {
  for (const event of createdEvents(someRecord(), { now: Date.now(), authUrl }))
    expect(JSON.parse(eventText(event))).toEqual(event);
});
