import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { Secret } from "../../credentials/secret.js";
import { randomToken } from "../../random-token.js";
import { revealed, ring, someRotation, someSignIn } from "../../samples.fixture.js";
import { MemoryDriver } from "../../storage/memory/driver.js";
import { sharedValue } from "../../values/stored-value.js";
import { type Attempt, AttemptStore, attemptIdOf, hashNonce, nonceMatches } from "./attempt.js";

const storedAt = (driver: MemoryDriver, id: string) => sharedValue(driver, "attempt", id);

const attempt: Attempt = {
  status: "open",
  takenAt: null,
  userId: "ada@people.example",
  sessionId: "session",
  flow: "flow",
  nonceHash: hashNonce("nonce"),
  returnTo: null,
  codeVerifier: new Secret("the-verifier"),
  redirectUrl: "https://app.example/api/mcp/auth/callback",
  scope: "notes:read",
  client: { client_id: "our-client", client_secret: new Secret("the-client-secret") },
  issuer: "https://auth.example",
  authorizationServer: someSignIn().authorizationServer,
};

const now = Date.parse("2026-01-02T03:04:05Z");

async function open(ttl = 60) {
  const driver = new MemoryDriver();
  const attempts = new AttemptStore(driver, ring);
  const state = randomToken();
  const id = attemptIdOf(state);
  await attempts.open(id, attempt, ttl);
  return { driver, attempts, state, id };
}

test("an attempt is found by the hash of its state, which does not reveal the state", async () => {
  const { attempts, state, id } = await open();
  expect(state).toMatch(/^[\w-]{43}$/);
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect(revealed(await attempts.read(id))).toEqual(revealed(attempt));
  expect(await attempts.read(state)).toBeUndefined();
  expect(await attempts.read(attemptIdOf(randomToken()))).toBeUndefined();
});

test.each(["", "../../session:x", "A".repeat(64), "0".repeat(63), "0".repeat(65)])(
  "%j is not an attempt",
  async (id) => {
    const { attempts } = await open();
    expect(await attempts.read(id)).toBeUndefined();
  },
);

test("of an authorization server's long lists, an attempt keeps the beginning, and no list of scopes", async () => {
  const { attempts, id } = await open();
  const { metadata, ...server } = attempt.authorizationServer;
  if (!metadata) throw new Error("unreachable");
  const long = Array.from({ length: 10_000 }, (_, index) => `method-${index}`);
  const authorizationServer = {
    ...server,
    metadata: {
      ...metadata,
      scopes_supported: long,
      token_endpoint_auth_methods_supported: ["x".repeat(1_000), "none", ...long],
      authorization_response_iss_parameter_supported: true,
    },
  };
  await attempts.open(id, { ...attempt, authorizationServer }, 60);
  const kept = (await attempts.read(id))?.authorizationServer.metadata;
  expect(kept).toMatchObject({ issuer: metadata.issuer, authorization_response_iss_parameter_supported: true });
  expect(kept?.token_endpoint_auth_methods_supported?.slice(0, 2)).toEqual(["none", "method-0"]);
  expect(JSON.stringify(kept).length).toBeLessThan(2_048);
});

test("an attempt that is too large is refused, and not stored", async () => {
  const { attempts } = await open();
  const id = attemptIdOf(randomToken());
  await expect(attempts.open(id, { ...attempt, scope: "x".repeat(12_288) }, 60)).rejects.toMatchObject({
    code: "AUTHORIZATION_FAILED",
    retryable: false,
  });
  expect(await attempts.read(id)).toBeUndefined();
});

test("of 20 simultaneous callbacks, one takes the attempt", async () => {
  const { attempts, id } = await open();
  const taken = await Promise.all(Array.from({ length: 20 }, () => attempts.take(id, attempt, now)));
  expect(taken.filter(Boolean)).toHaveLength(1);
  expect(revealed(await attempts.read(id))).toEqual(revealed({ ...attempt, status: "taken", takenAt: now }));
  expect(await attempts.take(id, attempt, now)).toBe(false);
});

test("an outcome is kept for repeats, without the verifier that the exchange needed", async () => {
  const { attempts, id, driver } = await open();
  await attempts.take(id, attempt, now);
  await attempts.conclude(id, attempt, "connected");
  expect(await attempts.read(id)).toMatchObject({ status: "connected", sessionId: "session" });
  expect(await storedAt(driver, id).read()).not.toContain("the-verifier");
  expect(await attempts.take(id, attempt, now)).toBe(false);
});

test("only a taken attempt gets an outcome, and only once", async () => {
  const { attempts, id } = await open();
  await attempts.conclude(id, attempt, "failed");
  expect((await attempts.read(id))?.status).toBe("open");
  await attempts.take(id, attempt, now);
  await attempts.conclude(id, attempt, "declined");
  await attempts.conclude(id, attempt, "connected");
  expect((await attempts.read(id))?.status).toBe("declined");
});

test("an open attempt expires; a taken one is kept to answer repeats", async () => {
  const [left, taken] = [await open(1), await open(1)];
  await taken.attempts.take(taken.id, attempt, now);
  await pause(1_050);
  expect(await left.attempts.read(left.id)).toBeUndefined();
  expect(await left.attempts.take(left.id, attempt, now)).toBe(false);
  expect((await taken.attempts.read(taken.id))?.status).toBe("taken");
});

test("a nonce matches only its own attempt", () => {
  expect(nonceMatches(attempt, "nonce")).toBe(true);
  for (const nonce of ["Nonce", "", "nonce ", hashNonce("nonce"), undefined]) {
    expect(nonceMatches(attempt, nonce)).toBe(false);
  }
});

test("an attempt is never stored with a secret in clear text, whatever its status", async () => {
  const { attempts, driver, id } = await open();
  const stored = async () => (await storedAt(driver, id).read()) ?? "";
  for (const step of [
    () => undefined,
    () => attempts.take(id, attempt, now),
    () => attempts.conclude(id, attempt, "connected"),
  ]) {
    await step();
    for (const secret of ["the-verifier", "the-client-secret", hashNonce("nonce"), "ada@people.example"]) {
      expect(await stored()).not.toContain(secret);
    }
  }
  expect((await stored()).startsWith(`{"status":"connected",`)).toBe(true);
});

test.each<[string, (text: string, sealed: object) => string]>([
  ["is sealed with another key", (text) => text.replace('"kid":"test"', '"kid":"other"')],
  ["is in clear text", (_text, sealed) => JSON.stringify({ status: "open", takenAt: null, kid: null, ...sealed })],
  [
    "was sealed as a registration",
    (text) => {
      const { kid, sealed } = ring.seal(JSON.stringify(revealed(attempt)), ["registration", "0".repeat(64)]);
      return JSON.stringify({ ...JSON.parse(text), kid, sealed });
    },
  ],
  ["has an unknown status", (text) => text.replace('"open"', '"won"')],
  ["is cut off", (text) => text.slice(0, -20)],
  ["is empty", () => ""],
  ["is some other JSON", () => '{"status":"open","takenAt":null}'],
])("an attempt that %s is unknown", async (_what, change) => {
  const { attempts, driver, id } = await open();
  const text = (await storedAt(driver, id).read()) ?? "";
  expect(await attempts.read(id)).toBeDefined();
  await storedAt(driver, id).write(change(text, { sealed: JSON.stringify(revealed(attempt)) }), 60);
  expect(await attempts.read(id)).toBeUndefined();
});

test("an attempt copied under another state is unknown there", async () => {
  const { attempts, driver, id } = await open();
  const other = attemptIdOf(randomToken());
  await storedAt(driver, other).write((await storedAt(driver, id).read()) ?? "", 60);
  expect(await attempts.read(other)).toBeUndefined();
  expect(await attempts.read(id)).toBeDefined();
});

test("an attempt opened before the keys are replaced can be finished afterwards, and is then sealed with the new key", async () => {
  const { before, during, after } = someRotation();
  const driver = new MemoryDriver();
  const id = attemptIdOf(randomToken());
  await new AttemptStore(driver, before).open(id, attempt, 60);
  const attempts = new AttemptStore(driver, during);
  expect(revealed(await attempts.read(id))).toEqual(revealed(attempt));
  expect(await new AttemptStore(driver, after).read(id)).toBeUndefined();
  expect(await attempts.take(id, attempt, now)).toBe(true);
  const taken = await new AttemptStore(driver, after).read(id);
  expect(revealed(taken)).toEqual(revealed({ ...attempt, status: "taken", takenAt: now }));
});
