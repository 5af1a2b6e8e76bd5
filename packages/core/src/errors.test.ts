import { readFileSync } from "node:fs";
import {
  errorCatalogue,
  isMcpSessionError,
  McpSessionError,
  mcpErrorCodeSchema,
  parseErrorInfo,
} from "@mcp-assistant/protocol";
import { expect, test, vi } from "vitest";
import type { AnyMcpSessionError } from "./any-session-error.js";
import * as errors from "./errors.js";
import * as api from "./index.js";

type ErrorClass = (new (...args: never[]) => McpSessionError) & { code?: string };

const isErrorClass = (value: unknown): value is ErrorClass =>
  typeof value === "function" && value.prototype instanceof Error;

const classesOf = (exports: object) =>
  Object.entries(exports).filter((entry): entry is [string, ErrorClass] => isErrorClass(entry[1]));
const classes = classesOf(api).filter(([name]) => name !== "UnauthorizedError");

/** Some constructors supply their own text. */
function make(name: string, from: Record<string, unknown> = api): McpSessionError {
  const cause = new Error("the-cause");
  const details = { message: "It happened", hint: "Do this.", retryable: true, cause };
  const own: Record<string, unknown[]> = {
    ConfigurationError: ["It happened", "Do this."],
    InvalidStateError: ["foreign", cause],
    RateLimitedError: ["Too many", 1_500],
    StoreUnavailableError: [cause],
    SessionUnreadableError: ["record", "the-session", cause],
  };
  return Reflect.construct(from[name] as ErrorClass, own[name] ?? [details]);
}

test("every error class is public", () => {
  expect(classes.map(([name]) => name).sort()).toEqual(
    classesOf(errors)
      .map(([name]) => name)
      .sort(),
  );
  expect(classes.length).toBeGreaterThan(15);
});

test("UnauthorizedError is another name for AuthorizationRequiredError", () => {
  expect(api.UnauthorizedError).toBe(api.AuthorizationRequiredError);
});

test("no two classes have the same code, and every code that core can raise has a class", () => {
  const codes = classes.map(([, { code }]) => code);
  expect(new Set(codes).size).toBe(codes.length);
  const elsewhere = [
    "INVALID_INPUT",
    "REQUEST_REFUSED",
    "UNAUTHENTICATED",
    "USER_CHANGED",
    "INTERNAL",
    "APP_UNREACHABLE",
  ];
  expect([...codes, ...elsewhere].sort()).toEqual([...mcpErrorCodeSchema.options].sort());
});

test("docs/errors.md has one row for each code, with its status, title and usual hint", () => {
  const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => /^\| `[A-Z_]+` /.test(line));
  const shown = rows.map((row) => row.split("|").map((cell) => cell.trim()));
  const listed = Object.entries(errorCatalogue).map(([code, { status, title, hint }]) => [
    `\`${code}\``,
    String(status),
    title,
    hint,
  ]);
  expect(shown.map(([, code, status, title, , hint]) => [code, status, title, hint]).sort()).toEqual(listed.sort());
});

test("a `switch` on the code tells the classes apart", () => {
  const detailOf = (error: AnyMcpSessionError): string => {
    switch (error.code) {
      case "INVALID_STATE":
        return error.reason;
      case "RATE_LIMITED":
        return `${error.retryAfter} ms`;
      default:
        return error.code;
    }
  };
  expect([new errors.InvalidStateError("foreign"), new errors.RateLimitedError("Too many", 5)].map(detailOf)).toEqual([
    "foreign",
    "5 ms",
  ]);
});

test.each(classes)("%s has its own code and name, and is an instance of no other class", (name, errorClass) => {
  const error = make(name);
  expect(error.code).toBe(errorClass.code);
  expect(error.name).toBe(name);
  expect(isMcpSessionError(error)).toBe(true);
  expect(error).toBeInstanceOf(McpSessionError);
  expect(error).toBeInstanceOf(Error);
  const instanceOf = classes.filter(([, candidate]) => error instanceof candidate).map(([each]) => each);
  expect(instanceOf).toEqual([name]);
});

test.each(classes)("%s is serialized completely, but without its cause", (name) => {
  const error = make(name);
  expect(error.message).not.toBe("");
  expect(error.hint).not.toBe("");
  const sent = JSON.stringify(error);
  expect(sent).not.toContain("the-cause");
  expect(parseErrorInfo(JSON.parse(sent))).toEqual(error.toJSON());
});

test("an error from another copy of this package is an instance of the same class", async () => {
  vi.resetModules();
  const copy = await import("./errors.js");
  for (const [name, errorClass] of classes) {
    expect(copy[name as keyof typeof copy]).not.toBe(errorClass);
    expect(make(name, copy) instanceof errorClass).toBe(true);
  }
});

test("a refused callback says why, in words for the user", () => {
  for (const reason of ["unknown", "expired", "foreign", "overtaken", "issuer"] as const) {
    const error = new api.InvalidStateError(reason);
    expect(error.reason).toBe(reason);
    expect(error.message).toBe(api.invalidStateReasons.get(reason));
  }
});

test("an unreadable record asks the user to remove it, and an unreadable sign-in to sign in again", () => {
  const [record, signIn] = [
    new api.SessionUnreadableError("record", "abc.notes"),
    new api.SessionUnreadableError("sign-in", "abc.notes"),
  ];
  expect(record.message).toBe("The saved data of this connection cannot be read");
  expect(record.hint).toContain("Remove the connection");
  expect(signIn.message).toBe("Your saved sign-in cannot be read");
  expect(signIn.hint).toBe("Sign in again.");
  expect(signIn.operatorHint).toContain("encryptionKeys");
  for (const { operatorHint } of [record, signIn]) expect(operatorHint).toMatch(/^Session abc\.notes: /);
});

test("a full storage is told apart from an unreachable one, and both can be retried", () => {
  const [away, full] = [new api.StoreUnavailableError("gone"), new api.StoreUnavailableError("OOM", "full")];
  expect(away).toMatchObject({ message: expect.stringContaining("cannot be reached"), retryable: true });
  expect(full).toMatchObject({ message: expect.stringContaining("full"), retryable: true });
});

test.each([
  [new api.ConfigurationError("baseUrl is missing", "Set it."), "This app is not set up correctly"],
  [
    new api.UserIdInvalidError({ message: "The user id is empty", hint: "Set it.", retryable: false }),
    "This app cannot tell who you are",
  ],
])("%s tells the developer what to set, and the user only whom to contact", (error, message) => {
  const { operatorHint, ...user } = error.toJSON();
  expect(operatorHint).toBe(`${error.message}. ${error.hint}`);
  expect(user).toMatchObject({ code: error.code, message, hint: "Contact the people who run this app." });
  expect(JSON.stringify(user)).not.toContain("Set it");
});

test("an error without a hint has the one of its code", () => {
  const error = new api.ServerError({ message: "It failed", retryable: false });
  expect(error.hint).toBe("Contact the server's provider.");
});
