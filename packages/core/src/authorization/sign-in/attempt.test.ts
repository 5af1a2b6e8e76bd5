import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { Secret } from "../../credentials/secret.js";
import { revealed, ring, someRotation } from "../../fixtures.contract.js";
import { randomToken } from "../../random-token.js";
import { MemoryValueStore } from "../../storage/memory/value-store.js";
import { type Attempt, AttemptStore, attemptIdOf, hashNonce, nonceMatches } from "./attempt.js";

const attempt: Attempt = {
  status: "open",
  takenAt: null,
  userId: "ada",
  sessionId: "session",
  flow: "flow",
  nonceHash: hashNonce("nonce"),
  returnTo: null,
  codeVerifier: new Secret("the-verifier"),
  redirectUrl: "https://app.example/api/mcp/auth/callback",
  scope: "notes:read",
  client: { client_id: "our-client", client_secret: new Secret("the-client-secret") },
  issuer: "https://auth.example",
  authorizationServer: { url: "https://auth.example", metadata: { issuer: "https://auth.example" }, resource: null },
};

const now = Date.parse("2026-01-02T03:04:05Z");

async function open(ttl = 60) {
  const values = new MemoryValueStore();
  const attempts = new AttemptStore(values, ring);
  const state = randomToken();
  const id = attemptIdOf(state);
  await attempts.open(id, attempt, ttl);
  return { values, attempts, state, id };
}

test("an attempt is found by the hash of its state, which says nothing of the state", async () => {
  const { attempts, state, id } = await open();
  expect(state).toMatch(/^[\w-]{43}$/);
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect(revealed(await attempts.read(id))).toEqual(revealed(attempt));
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
  expect(revealed(await attempts.read(id))).toEqual(revealed({ ...attempt, status: "taken", takenAt: now }));
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

test("an attempt is stored without a secret in clear text, whatever becomes of it", async () => {
  const { attempts, values, id } = await open();
  const stored = () => values.peek(`mcp:attempt:${id}`) ?? "";
  for (const step of [
    () => undefined,
    () => attempts.take(id, attempt, now),
    () => attempts.conclude(id, attempt, "connected"),
  ]) {
    await step();
    for (const secret of ["the-verifier", "the-client-secret", attempt.nonceHash, "ada"]) {
      expect(stored()).not.toContain(secret);
    }
  }
  expect(stored().startsWith(`{"status":"connected",`)).toBe(true);
});

test.each<[string, (text: string, sealed: object) => string]>([
  ["another key has sealed", (text) => text.replace('"kid":"test"', '"kid":"other"')],
  ["is in clear text", (_text, sealed) => JSON.stringify({ status: "open", takenAt: null, kid: null, ...sealed })],
  [
    "was sealed as a registration",
    (text) => {
      const { kid, sealed } = ring.seal(JSON.stringify(revealed(attempt)), ["registration", "0".repeat(64)]);
      return JSON.stringify({ ...JSON.parse(text), kid, sealed });
    },
  ],
  ["has a status that there is not", (text) => text.replace('"open"', '"won"')],
  ["is cut off", (text) => text.slice(0, -20)],
  ["is empty", () => ""],
  ["is something else", () => '{"status":"open","takenAt":null}'],
])("an attempt that %s is unknown", async (_what, change) => {
  const { attempts, values, id } = await open();
  const key = `mcp:attempt:${id}`;
  const text = values.peek(key) ?? "";
  expect(await attempts.read(id)).toBeDefined();
  await values.set(key, change(text, { sealed: JSON.stringify(revealed(attempt)) }), 60);
  expect(await attempts.read(id)).toBeUndefined();
});

test("an attempt that is moved under another state is unknown there", async () => {
  const { attempts, values, id } = await open();
  const other = attemptIdOf(randomToken());
  await values.set(`mcp:attempt:${other}`, values.peek(`mcp:attempt:${id}`) ?? "", 60);
  expect(await attempts.read(other)).toBeUndefined();
  expect(await attempts.read(id)).toBeDefined();
});

test("an attempt that was opened before the keys were replaced is finished after, and sealed with the new one", async () => {
  const { before, during, after } = someRotation();
  const values = new MemoryValueStore();
  const id = attemptIdOf(randomToken());
  await new AttemptStore(values, before).open(id, attempt, 60);
  const attempts = new AttemptStore(values, during);
  expect(revealed(await attempts.read(id))).toEqual(revealed(attempt));
  expect(await new AttemptStore(values, after).read(id)).toBeUndefined();
  expect(await attempts.take(id, attempt, now)).toBe(true);
  const taken = await new AttemptStore(values, after).read(id);
  expect(revealed(taken)).toEqual(revealed({ ...attempt, status: "taken", takenAt: now }));
});
