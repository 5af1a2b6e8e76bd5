import { expect, test } from "vitest";
import { ScopeRequiredError } from "../errors.js";
import { someRecord } from "../samples.fixture.js";
import { ScopeChallengeError, stepUp } from "./step-up.js";

const resourceMetadataUrl = "https://notes.example/metadata";
const host = "notes.example";

const wish = (scope: string | null, granted: string | null = "read") =>
  new ScopeChallengeError(host, { scope, resourceMetadataUrl }, granted);

const pending = (scope: string | null) => ({ challenge: { scope, resourceMetadataUrl } });

test.each([
  ["read delete", "read", "notes.example needs more permissions: delete"],
  ["delete", null, "notes.example needs more permissions: delete"],
  ["read", "read", "notes.example needs more permissions"],
  [null, "read", "notes.example needs more permissions"],
  [
    "<script>alert(1)</script> delete",
    "read",
    "notes.example needs more permissions: <script>alert(1)</script>, delete",
  ],
  ['say "hello"', "read", "notes.example needs more permissions"],
])("a request for %j with %j granted is reported as %j", (scope, granted, message) => {
  expect(wish(scope, granted)).toMatchObject({ code: "SCOPE_REQUIRED", message, retryable: false });
});

test.each([
  ["delete", "read write", "read write delete"],
  ["delete", null, "delete"],
  ['delete "', "read", "read delete"],
  // If the server names no scope, the sign-in asks for what the resource offers.
  [null, "read", null],
])("a request for %j with %j granted keeps %j for the next sign-in", (scope, granted, kept) => {
  expect(wish(scope, granted).challenge).toEqual({ scope: kept, resourceMetadataUrl });
});

test("the first request for more scope is kept and counted", () => {
  const error = wish("delete");
  const { challenge } = pending("read delete");
  expect(stepUp(someRecord(), error)).toEqual({ error, offered: true, change: { challenge, stepUps: 1 } });
});

test("a pending request for more scope absorbs further ones and is counted once", () => {
  const waiting = someRecord({ ...pending("read delete"), stepUps: 1 });
  const change = { ...pending("read delete write"), stepUps: 1 };
  expect(stepUp(waiting, wish("write"))).toMatchObject({ offered: true, change });
  expect(stepUp(waiting, wish("delete"))).toMatchObject({ offered: true, change: undefined });
});

test("a server that still wants more after two sign-ins gets no third one, and the error says so", () => {
  expect(stepUp(someRecord({ stepUps: 1 }), wish("delete"))).toMatchObject({ offered: true, change: { stepUps: 2 } });
  const { error, ...rest } = stepUp(someRecord({ stepUps: 2 }), wish("another"));
  expect(rest).toEqual({ offered: false, change: undefined });
  expect(error).toMatchObject({ code: "SCOPE_REQUIRED", retryable: false });
  expect(error.message).toBe("notes.example keeps asking for more permissions, even after you sign in");
});

test("the last sign-in on offer stays on offer until it is finished", () => {
  const last = someRecord({ ...pending("read delete"), stepUps: 2 });
  expect(stepUp(last, wish("delete"))).toMatchObject({ offered: true, change: undefined });
});

test("an error without a challenge changes nothing", () => {
  const error = new ScopeRequiredError({ message: "More", hint: "Sign in.", retryable: false });
  expect(stepUp(someRecord(), error)).toEqual({ error, offered: false, change: undefined });
});
