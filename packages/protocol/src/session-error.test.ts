import { expect, test, vi } from "vitest";
import { isMcpSessionError, McpSessionError, parseErrorInfo } from "./session-error.js";

class NotFound extends McpSessionError<"SESSION_NOT_FOUND"> {
  static override readonly code = "SESSION_NOT_FOUND";
  constructor() {
    super({ code: "SESSION_NOT_FOUND", message: "Session not found", hint: "Reload the list.", retryable: false });
  }
}

test("an error of another copy of this package is recognised, by class and by code", async () => {
  vi.resetModules();
  const copy = await import("./session-error.js");
  expect(copy.McpSessionError).not.toBe(McpSessionError);
  const foreign = new copy.McpSessionError({
    code: "SESSION_NOT_FOUND",
    message: "Session not found",
    hint: "",
    retryable: false,
  });
  expect(foreign).toBeInstanceOf(McpSessionError);
  expect(foreign).toBeInstanceOf(NotFound);
  expect(isMcpSessionError(foreign)).toBe(true);
});

test("another cause, another error and a look-alike are not", () => {
  const other = new McpSessionError({ code: "CANCELLED", message: "", hint: "", retryable: false });
  expect(other).not.toBeInstanceOf(NotFound);
  expect(new Error("Session not found")).not.toBeInstanceOf(McpSessionError);
  expect(isMcpSessionError({ code: "SESSION_NOT_FOUND" })).toBe(false);
  expect(isMcpSessionError(null)).toBe(false);
});

test("what crosses the wire has neither cause nor stack", () => {
  const error = new McpSessionError({
    code: "SERVER_ERROR",
    message: "It failed",
    hint: "Try again.",
    retryable: true,
    cause: new Error("secret"),
  });
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    code: "SERVER_ERROR",
    message: "It failed",
    hint: "Try again.",
    retryable: true,
  });
  expect(parseErrorInfo(JSON.parse(JSON.stringify(error)))).toEqual(error.toJSON());
  expect(parseErrorInfo({ code: "NO_SUCH_CODE" })).toBeUndefined();
});
