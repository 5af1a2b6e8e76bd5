import { expect, test } from "vitest";
import { admissionOf } from "../credentials/admission.js";
import { KeyRing } from "../credentials/key-ring.js";
import { Secret } from "../credentials/secret.js";
import { revealed, ring, someRecord, someRotation } from "../samples.fixture.js";
import { MemoryDriver } from "../storage/memory/driver.js";
import { Handshakes } from "./handshakes.js";
import type { Handshake } from "./kept-handshake.js";

const driver = new MemoryDriver();
const handshakes = new Handshakes(driver, ring);
const record = someRecord();
const now = Date.now();
const admission = admissionOf({ record, credentials: undefined });

const legacy = (instructions = "Count."): Handshake => ({
  era: "legacy",
  initialize: { protocolVersion: "2025-11-25", capabilities: { tools: {} }, instructions },
  transportSession: new Secret("a-transport-session"),
});
const modern: Handshake = {
  era: "modern",
  discover: {
    resultType: "complete",
    ttlMs: 0,
    cacheScope: "private",
    supportedVersions: ["2026-07-28"],
    capabilities: { tools: {} },
    instructions: "Count.",
  },
};

const sealed = (handshake: Handshake, own = handshakes) => own.seal(record, { admission, handshake }, { now });
const stored = (text: string, changes: object = {}) => ({
  ...{ record, credentials: undefined, handshake: text, now },
  ...changes,
});

test.each([legacy(), modern])("a handshake comes back as it was made, and nothing of it is readable: %j", (made) => {
  const { text, isShared } = sealed(made);
  expect(isShared).toBe(true);
  expect(text).not.toMatch(/a-transport-session|Count|tools/);
  expect(revealed(handshakes.current(stored(text))?.handshake)).toEqual(revealed(made));
});

const own = { userId: record.userId, sessionId: record.sessionId };

test.each<[string, object]>([
  ["another sign-in", { credentials: JSON.stringify({ tv: "a", cv: "b", flow: "new", kid: null, sealed: "" }) }],
  ["other headers", { record: { ...record, headers: { version: "2", names: ["X-Key"] } } }],
  ["another session", { record: someRecord({ userId: own.userId }) }],
  ["another user", { record: someRecord({ sessionId: own.sessionId }) }],
  ["another server", { record: { ...record, serverUrl: "https://other.example/mcp" } }],
  ["a day later", { now: now + 86_400_000 }],
  ["a damaged text", { handshake: '{"id":"a","at":1}' }],
  ["unreadable credentials", { credentials: "damaged" }],
])("a handshake does not count for %s", (_what, changes) => {
  expect(handshakes.current(stored(sealed(legacy()).text, changes))).toBeUndefined();
});

test("without encryption, it is bound to the same", () => {
  const clear = new Handshakes(driver, KeyRing.parse("none"));
  const { text } = sealed(legacy(), clear);
  expect(clear.current(stored(text))?.handshake).toMatchObject({ era: "legacy" });
  const record2 = { ...record, headers: { version: "2", names: ["X-Key"] } };
  expect(clear.current(stored(text, { record: record2 }))).toBeUndefined();
});

test("after the loss of a key, no handshake is kept", () => {
  const { before, after } = someRotation();
  const { text } = sealed(legacy(), new Handshakes(driver, before));
  expect(new Handshakes(driver, after).current(stored(text))).toBeUndefined();
});

test("a handshake that is too large, or was lost twice within a minute, is not shared for an hour", () => {
  const large = sealed(legacy("long ".repeat(8_000)));
  expect(large.isShared).toBe(false);
  expect(Buffer.byteLength(large.text)).toBeLessThan(1_000);
  const loseAt = (text: string, at: number) =>
    handshakes.seal(record, { admission, handshake: legacy() }, { now: at, lost: handshakes.open(stored(text)) });
  const first = loseAt(sealed(legacy()).text, now);
  const [soon, later] = [loseAt(first.text, now + 59_000), loseAt(first.text, now + 61_000)];
  expect([first.isShared, soon.isShared, later.isShared]).toEqual([true, false, true]);
  expect(handshakes.current(stored(soon.text, { now: now + 3_000_000 }))).toMatchObject({ handshake: null });
  expect(handshakes.current(stored(soon.text, { now: now + 4_000_000 }))).toBeUndefined();
});
