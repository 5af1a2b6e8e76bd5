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
    "with a lifetime of $life s and a jitter of $jitter: not after $fresh s, but after $stale s",
    ({ life, jitter, fresh, stale }) => {
      expect(isStale(living(life), now + fresh * 1_000, jitter)).toBe(false);
      expect(isStale(living(life), now + stale * 1_000, jitter)).toBe(true);
    },
  );

  test("without an expiry: never", () => {
    expect(isStale(living(null), Number.MAX_SAFE_INTEGER, 0)).toBe(false);
  });

  test("when it has expired: always, even if it was issued as expired", () => {
    expect(isStale(living(3_600), now + 3_600_001, 0.999)).toBe(true);
    expect(isStale(living(0), now, 0.999)).toBe(true);
  });

  test("the processes of a fleet do not refresh all at once", () => {
    const at = now + 3_550_000;
    const jitters = [0, 0.25, 0.5, 0.75, 0.999];
    expect(jitters.map((jitter) => isStale(living(3_600), at, jitter))).toEqual([true, true, false, false, false]);
  });
});

describe("what is kept of a token response", () => {
  const before = { now, scope: "notes:read", refreshToken: new Secret("old") };

  test("the expiry becomes absolute, by the store's clock", () => {
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

  test("missing fields keep their old values, and without a lifetime there is no expiry", () => {
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
  ])("a lifetime of %d s is kept as %d s", (given, life) => {
    const { expiresAt } = stampTokens({ ...bearer, expires_in: given }, before);
    expect(expiresAt).toBe(now + life * 1_000);
    expect(isStale({ ...living(null), expiresAt }, now + life * 1_000, 0.5)).toBe(true);
  });

  test("an empty refresh token and a malformed scope are ignored", () => {
    for (const scope of ["a\nb", "é", "x".repeat(9_000)]) {
      const kept = stampTokens({ ...bearer, refresh_token: "", scope }, before);
      expect(revealed(kept)).toMatchObject({ refreshToken: "old", scope: "notes:read" });
    }
  });

  test.each([
    ["a token of another kind", { token_type: "MAC" }],
    ["a token with a line break", { access_token: "a\r\nb" }],
    ["a token that is too long", { access_token: "a".repeat(16_385) }],
    ["no token", { access_token: "" }],
    ["a refresh token with a space", { refresh_token: "a b" }],
  ])("%s is refused, and the error does not show it", (_what, changes) => {
    const given = { ...bearer, ...changes };
    const stamped = () => stampTokens(given, before);
    expect(stamped).toThrow();
    expect(stamped).not.toThrow(given.access_token.length > 1 ? given.access_token : "MAC");
  });
});
