import { describe, expect, test } from "vitest";
import type { Tokens } from "../../credentials/credentials.js";
import { Secret } from "../../credentials/secret.js";
import { revealed } from "../../samples.fixture.js";
import { isStale, stampTokens } from "./tokens.js";

const now = 1_000_000_000;

const living = (seconds: number | null): Tokens => ({
  accessToken: new Secret("a"),
  refreshToken: new Secret("r"),
  scope: null,
  issuedAt: now,
  expiresAt: seconds === null ? null : now + seconds * 1_000,
});

describe("when a token is refreshed", () => {
  test.each([
    { life: 3_600, jitter: 0, fresh: 3_539.999, stale: 3_540 },
    { life: 3_600, jitter: 0.5, fresh: 3_554.999, stale: 3_555 },
    { life: 3_600, jitter: 0.999, fresh: 3_569, stale: 3_570 },
    { life: 60, jitter: 0, fresh: 47.999, stale: 48 },
    { life: 60, jitter: 0.5, fresh: 50.999, stale: 51 },
    { life: 300, jitter: 0, fresh: 239.999, stale: 240 },
    { life: 1, jitter: 0, fresh: 0.799, stale: 0.8 },
    { life: 1, jitter: 0.999, fresh: 0.899, stale: 1 },
  ])(
    "one of $life s with a jitter of $jitter: not after $fresh s, but after $stale s",
    ({ life, jitter, fresh, stale }) => {
      expect(isStale(living(life), now + fresh * 1_000, jitter)).toBe(false);
      expect(isStale(living(life), now + stale * 1_000, jitter)).toBe(true);
    },
  );

  test("one without an expiry never", () => {
    expect(isStale(living(null), Number.MAX_SAFE_INTEGER, 0)).toBe(false);
  });

  test("one that has expired always, also one that was born so", () => {
    expect(isStale(living(3_600), now + 3_600_001, 0.999)).toBe(true);
    expect(isStale(living(0), now, 0.999)).toBe(true);
  });

  test("the fleet does not refresh all at once, and never in the first half of the lead", () => {
    const at = now + 3_550_000;
    const jitters = [0, 0.25, 0.5, 0.75, 0.999];
    expect(jitters.map((jitter) => isStale(living(3_600), at, jitter))).toEqual([true, true, false, false, false]);
  });
});

describe("what is kept of a token response", () => {
  const before = { now, scope: "notes:read", refreshToken: new Secret("old") };

  test("its expiry becomes absolute, by the store's clock", () => {
    const answer = {
      access_token: "a",
      token_type: "Bearer",
      expires_in: 60,
      refresh_token: "new",
      scope: "notes:write",
    };
    expect(revealed(stampTokens(answer, before))).toEqual({
      accessToken: "a",
      refreshToken: "new",
      scope: "notes:write",
      issuedAt: now,
      expiresAt: now + 60_000,
    });
  });

  test("what it leaves out stays as it was, and without a life it has no expiry", () => {
    expect(revealed(stampTokens({ access_token: "a", token_type: "Bearer" }, before))).toMatchObject({
      refreshToken: "old",
      scope: "notes:read",
      expiresAt: null,
    });
  });

  const bearer = { access_token: "a", token_type: "Bearer" };
  const year = 365 * 24 * 3_600;

  test.each([
    [0, 0],
    [-1, 0],
    [-1e308, 0],
    [0.5, 0.5],
    [year, year],
    [year + 1, year],
    [1e308, year],
  ])("a life of %d s is one of %d s", (told, life) => {
    const { expiresAt } = stampTokens({ ...bearer, expires_in: told }, before);
    expect(expiresAt).toBe(now + life * 1_000);
    expect(isStale({ ...living(null), expiresAt }, now + life * 1_000, 0.5)).toBe(true);
  });

  test("an empty refresh token is none, and a scope that is none says nothing", () => {
    for (const scope of ["a\nb", "é", "x".repeat(9_000)]) {
      const kept = stampTokens({ ...bearer, refresh_token: "", scope }, before);
      expect(revealed(kept)).toMatchObject({ refreshToken: "old", scope: "notes:read" });
    }
  });

  test.each([
    ["a token of another kind", { token_type: "MAC" }],
    ["a token of two lines", { access_token: "a\r\nb" }],
    ["a token that is too long", { access_token: "a".repeat(16_385) }],
    ["no token", { access_token: "" }],
    ["a refresh token of two words", { refresh_token: "a b" }],
  ])("%s is refused, and not repeated", (_what, changes) => {
    const told = { ...bearer, ...changes };
    const stamped = () => stampTokens(told, before);
    expect(stamped).toThrow();
    expect(stamped).not.toThrow(told.access_token.length > 1 ? told.access_token : "MAC");
  });
});
