import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { MemoryValueStore } from "../values/memory-value-store.js";
import { type Attempt, AttemptStore, attemptIdOf, hashNonce, nonceMatches, randomToken } from "./attempt.js";

const attempt: Attempt = {
  status: "open",
  takenAt: null,
  userId: "ada",
  sessionId: "session",
  flow: "flow",
  nonceHash: hashNonce("nonce"),
  codeVerifier: "the-verifier",
  redirectUrl: "https://app.example/api/mcp/auth/callback",
  scope: "notes:read",
  client: { client_id: "our-client", token_endpoint_auth_method: "none" },
  issuer: "https://auth.example",
  authorizationServer: { url: "https://auth.example", metadata: { issuer: "https://auth.example" }, resource: null },
};

const now = Date.parse("2026-01-02T03:04:05Z");

async function open(ttl = 60) {
  const values = new MemoryValueStore();
  const attempts = new AttemptStore(values);
  const state = randomToken();
  const id = attemptIdOf(state);
  await attempts.open(id, attempt, ttl);
  return { values, attempts, state, id };
}

test("an attempt is found by the hash of its state, which says nothing of the state", async () => {
  const { attempts, state, id } = await open();
  expect(state).toMatch(/^[\w-]{43}$/);
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect(await attempts.read(id)).toEqual(attempt);
  expect(await attempts.read(state)).toBeUndefined();
  expect(await attempts.read(attemptIdOf(randomToken()))).toBeUndefined();
});

test.each(["", "../../session:x", "A".repeat(64), "0".repeat(63), "0".repeat(65)])("%j is no attempt", async (id) => {
  const { attempts } = await open();
  expect(await attempts.read(id)).toBeUndefined();
});

test("of 20 callbacks that come together one takes the attempt", async () => {
  const { attempts, id } = await open();
  const taken = await Promise.all(Array.from({ length: 20 }, () => attempts.take(id, attempt, now)));
  expect(taken.filter(Boolean)).toHaveLength(1);
  expect(await attempts.read(id)).toEqual({ ...attempt, status: "taken", takenAt: now });
  expect(await attempts.take(id, attempt, now)).toBe(false);
});

test("an outcome is left for repeats, without what the exchange needed", async () => {
  const { attempts, id, values } = await open();
  await attempts.take(id, attempt, now);
  await attempts.conclude(id, attempt, "connected");
  expect(await attempts.read(id)).toMatchObject({ status: "connected", sessionId: "session" });
  expect(values.peek(`mcp:attempt:${id}`)).not.toContain("the-verifier");
  expect(await attempts.take(id, attempt, now)).toBe(false);
});

test("only a taken attempt has an outcome, and only one", async () => {
  const { attempts, id } = await open();
  await attempts.conclude(id, attempt, "failed");
  expect((await attempts.read(id))?.status).toBe("open");
  await attempts.take(id, attempt, now);
  await attempts.conclude(id, attempt, "declined");
  await attempts.conclude(id, attempt, "connected");
  expect((await attempts.read(id))?.status).toBe("declined");
});

test("an open attempt ends with its life; a taken one is kept to answer repeats", async () => {
  const [left, taken] = [await open(1), await open(1)];
  await taken.attempts.take(taken.id, attempt, now);
  await pause(1_050);
  expect(await left.attempts.read(left.id)).toBeUndefined();
  expect(await left.attempts.take(left.id, attempt, now)).toBe(false);
  expect((await taken.attempts.read(taken.id))?.status).toBe("taken");
});

test("a nonce matches its own attempt alone", () => {
  expect(nonceMatches(attempt, "nonce")).toBe(true);
  for (const nonce of ["Nonce", "", "nonce ", hashNonce("nonce"), undefined]) {
    expect(nonceMatches(attempt, nonce)).toBe(false);
  }
});
