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
  ["read delete", "read", "notes.example wants more permission: delete"],
  ["delete", null, "notes.example wants more permission: delete"],
  ["read", "read", "notes.example wants more permission"],
  [null, "read", "notes.example wants more permission"],
  [
    "<script>alert(1)</script> delete",
    "read",
    "notes.example wants more permission: <script>alert(1)</script>, delete",
  ],
  ['say "hello"', "read", "notes.example wants more permission"],
])("a wish for %j beyond %j is told as %j", (scope, granted, message) => {
  expect(wish(scope, granted)).toMatchObject({ code: "SCOPE_REQUIRED", message, retryable: false });
});

test.each([
  ["delete", "read write", "read write delete"],
  ["delete", null, "delete"],
  ['delete "', "read", "read delete"],
  // Who names nothing wants whatever the resource offers, which the sign-in finds out.
  [null, "read", null],
])("for %j beyond %j, %j is kept to be asked for", (scope, granted, kept) => {
  expect(wish(scope, granted).challenge).toEqual({ scope: kept, resourceMetadataUrl });
});

test("a first wish is kept and counted", () => {
  const error = wish("delete");
  const { challenge } = pending("read delete");
  expect(stepUp(someRecord(), error)).toEqual({ error, offered: true, change: { challenge, stepUps: 1 } });
});

test("a wish that waits for its sign-in goes on with whatever else is wanted, and counts once", () => {
  const waiting = someRecord({ ...pending("read delete"), stepUps: 1 });
  const change = { ...pending("read delete write"), stepUps: 1 };
  expect(stepUp(waiting, wish("write"))).toMatchObject({ offered: true, change });
  expect(stepUp(waiting, wish("delete"))).toMatchObject({ offered: true, change: undefined });
});

test("a server that still wants more after two sign-ins is not asked again, and that is said", () => {
  expect(stepUp(someRecord({ stepUps: 1 }), wish("delete"))).toMatchObject({ offered: true, change: { stepUps: 2 } });
  const { error, ...rest } = stepUp(someRecord({ stepUps: 2 }), wish("another"));
  expect(rest).toEqual({ offered: false, change: undefined });
  expect(error).toMatchObject({ code: "SCOPE_REQUIRED", retryable: false });
  expect(error.message).toBe("notes.example keeps asking for more permission, however often you sign in");
});

test("the last one that is offered stays so until it is answered", () => {
  const last = someRecord({ ...pending("read delete"), stepUps: 2 });
  expect(stepUp(last, wish("delete"))).toMatchObject({ offered: true, change: undefined });
});

test("an error that tells nothing of a wish changes nothing", () => {
  const error = new ScopeRequiredError({ message: "More", hint: "Sign in.", retryable: false });
  expect(stepUp(someRecord(), error)).toEqual({ error, offered: false, change: undefined });
});
