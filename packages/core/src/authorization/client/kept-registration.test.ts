import { expect, test } from "vitest";
import { keptRegistration } from "./kept-registration.js";

test("of a registration, only what is used is kept, and of the scopes what we asked for", () => {
  const answer = { client_id: "ours", client_secret: "secret", contacts: ["x".repeat(60_000)], scope: "a b c" };
  expect(keptRegistration(answer, {})).toEqual({ client_id: "ours", client_secret: "secret", scope: "a b c" });
  expect(keptRegistration(answer, { askedScope: "a" })).toEqual({
    client_id: "ours",
    client_secret: "secret",
    askedScope: "a",
  });
});

test("a registration that is too large is refused, with its size in the hint to the operator", () => {
  const answer = { client_id: "ours", client_secret: "x".repeat(3_000), scope: "x".repeat(4_000) };
  expect(() => keptRegistration(answer, {})).toThrow(
    expect.objectContaining({ code: "AUTHORIZATION_FAILED", operatorHint: expect.stringContaining("6144 bytes") }),
  );
  expect(keptRegistration(answer, { askedScope: "x".repeat(3_000) })).toMatchObject({ client_id: "ours" });
});
