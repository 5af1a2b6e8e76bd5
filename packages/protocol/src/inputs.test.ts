import { expect, test } from "vitest";
import { callToolInputSchema, connectInputSchema, sessionInputSchema, subscribeInputSchema } from "./inputs.js";

const serverUrl = "https://mcp.example.com/mcp";

test("a connect needs only an address, and ignores spaces around it", () => {
  expect(connectInputSchema.parse({ serverUrl: ` ${serverUrl}\n` })).toEqual({ serverUrl });
});

test.each([
  ["no address", {}],
  ["an empty address", { serverUrl: "  " }],
  ["an address that is too long", { serverUrl: `https://${"a".repeat(2_048)}` }],
  ["an empty name", { serverUrl, serverName: " " }],
  ["an unknown transport", { serverUrl, transportType: "carrier-pigeon" }],
])("a connect with %s is refused", (_case, input) => {
  expect(connectInputSchema.safeParse(input).success).toBe(false);
});

test.each<[string, Record<string, string>, boolean]>([
  ["two of the longest values", { A: "a".repeat(8_191), B: "b".repeat(8_191) }, true],
  ["one character more than a head holds", { A: "a".repeat(8_191), B: "b".repeat(8_191), C: "c" }, false],
  ["a value that is too long alone", { A: "a".repeat(8_193) }, false],
  ["20 short values", Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`X-${index}`, "a"])), true],
  ["21 short values", Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`X-${index}`, "a"])), false],
])("custom headers of %s", (_what, headers, isAllowed) => {
  expect(connectInputSchema.safeParse({ serverUrl, headers }).success).toBe(isAllowed);
});

test.each(["", "a b", "a:b", "a/b", "a.b", "é", "a\n", "a".repeat(65)])("the serverId %j is refused", (serverId) => {
  expect(connectInputSchema.safeParse({ serverUrl, serverId }).success).toBe(false);
});

test("a call's arguments default to an empty object", () => {
  expect(callToolInputSchema.parse({ sessionId: "s", name: "add" }).arguments).toEqual({});
  expect(callToolInputSchema.safeParse({ sessionId: "s", name: "add", arguments: [1] }).success).toBe(false);
});

test("a session id is a string of at most 256 characters", () => {
  for (const sessionId of ["", "s".repeat(257), 7, undefined]) {
    expect(sessionInputSchema.safeParse({ sessionId }).success).toBe(false);
  }
});

test("a subscription needs no input, and keeps the id that it resumes from", () => {
  expect(subscribeInputSchema.parse(undefined)).toBeUndefined();
  expect(subscribeInputSchema.parse({})).toEqual({});
  expect(subscribeInputSchema.parse({ lastEventId: null, userKey: null })).toEqual({
    lastEventId: null,
    userKey: null,
  });
  for (const lastEventId of ["1-0", "0-0", "18446744073709551615-18446744073709551615"]) {
    expect(subscribeInputSchema.parse({ lastEventId, userKey: "ada" })).toEqual({ lastEventId, userKey: "ada" });
  }
});

test.each([
  "",
  "7",
  "1-0\n",
  "later",
  "../../etc",
  "18446744073709551616-0",
  "1-18446744073709551616",
  "9".repeat(999),
])("a subscription does not resume from %j", (lastEventId) => {
  expect(subscribeInputSchema.safeParse({ lastEventId }).success).toBe(false);
});

test("a subscription's user key is a string of at most 64 characters", () => {
  for (const userKey of ["u".repeat(65), 7, ["u"]]) {
    expect(subscribeInputSchema.safeParse({ userKey }).success).toBe(false);
  }
});
