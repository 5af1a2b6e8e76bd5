import { describe, expect, test } from "vitest";
import { someRecord, workedOn } from "../samples.fixture.js";
import { decodeRecord, encodeRecord, recordHead, upgradeRecord } from "./session-record.js";

test.each([
  ["in a resting state", someRecord({ tools: { hash: "abc", count: 3, listedAt: null } })],
  [
    "in a transitional state",
    someRecord({ ...workedOn("CONNECTING"), challenge: { resourceMetadataUrl: null, scope: "a b" } }),
  ],
  ["with unusual text", someRecord({ serverName: '"quoted" \\ {"v":9, 用户😀 \u2028', v: 12_345 })],
])("a record %s is read as it was written", (_case, record) => {
  expect(decodeRecord(record.sessionId, encodeRecord(record))).toEqual(record);
});

test("a record of an older version has no sign-in, no headers and no step-ups", () => {
  const headers = { version: "1", names: ["X-Api-Key"] };
  const {
    signedIn: _a,
    headers: _b,
    stepUps: _c,
    attempts: _d,
    ...before
  } = someRecord({ signedIn: true, headers, stepUps: 2 });
  const read = decodeRecord(before.sessionId, JSON.stringify(before));
  expect(read).toEqual({ ...before, signedIn: false, headers: null, stepUps: 0, attempts: [] });
});

test("a stored record begins with its version, wherever the object has it", () => {
  const { v, ...rest } = someRecord({ v: 41 });
  expect(encodeRecord({ ...rest, v }).startsWith(recordHead(41))).toBe(true);
  expect(encodeRecord({ ...rest, v }).startsWith(recordHead(4))).toBe(false);
});

const written = JSON.parse(encodeRecord(someRecord()));

test.each([
  ["that is not JSON", "{"],
  ["that is empty", ""],
  ["of another format", JSON.stringify({ ...written, format: 2 })],
  ["in an unknown state", JSON.stringify({ ...written, state: "ASLEEP" })],
  ["without a user", JSON.stringify({ ...written, userId: undefined })],
])("a record %s is reported as unreadable, with its session ID but without its content", (_case, text) => {
  const read = () => decodeRecord("the-session", text);
  expect(read).toThrow(expect.objectContaining({ code: "SESSION_UNREADABLE", retryable: false }));
  expect(read).toThrow(expect.objectContaining({ operatorHint: expect.stringContaining("the-session") }));
  expect(read).not.toThrow(written.serverUrl);
});

test("a record of an older format goes through every step up to the current one; a later one stays as it is", () => {
  const steps = {
    7: ({ name, ...rest }: Record<string, unknown>) => ({ ...rest, title: name }),
    8: (record: Record<string, unknown>) => ({ ...record, size: 0 }),
  };
  expect(upgradeRecord({ format: 7, name: "a" }, steps)).toEqual({ format: 9, title: "a", size: 0 });
  expect(upgradeRecord({ format: 8, title: "a" }, steps)).toEqual({ format: 9, title: "a", size: 0 });
  for (const other of [{ format: 9, title: "a" }, { format: 10 }, { name: "a" }, null, "text"]) {
    expect(upgradeRecord(other, steps)).toEqual(other);
  }
});

describe("upgrading a record", () => {
  const steps = {
    1: (record: Record<string, unknown>) => ({ ...record, name: `${record.name} of 1` }),
    2: (record: Record<string, unknown>) => ({ ...record, name: `${record.name} and 2` }),
  };

  test("takes it to the current format step by step, from whatever format it has", () => {
    expect(upgradeRecord({ format: 1, name: "a" }, steps)).toEqual({ format: 3, name: "a of 1 and 2" });
    expect(upgradeRecord({ format: 2, name: "b" }, steps)).toEqual({ format: 3, name: "b and 2" });
  });

  test("does not change a current record, one of a later version, or anything that is not a record", () => {
    for (const other of [{ format: 3, name: "c" }, { format: 99 }, { format: "1" }, {}, null, "text", []]) {
      expect(upgradeRecord(other, steps)).toEqual(other);
    }
  });

  test("keeps fields that this version does not know", () => {
    expect(upgradeRecord({ format: 2, name: "d", later: [1] }, steps)).toMatchObject({ later: [1] });
  });
});
