import { expect, test, vi } from "vitest";
import { isMcpSessionError, McpSessionError, parseErrorInfo } from "./session-error.js";

class NotFound extends McpSessionError<"SESSION_NOT_FOUND"> {
  static override readonly code = "SESSION_NOT_FOUND";
  constructor() {
    super({ code: "SESSION_NOT_FOUND", message: "Session not found", hint: "Reload the list.", retryable: false });
  }
}

test("an error from another copy of this package is recognised, by class and by code", async () => {
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

test("errors with another code, other errors and look-alikes are not recognised", () => {
  const other = new McpSessionError({ code: "CANCELLED", message: "", hint: "", retryable: false });
  expect(other).not.toBeInstanceOf(NotFound);
  expect(new Error("Session not found")).not.toBeInstanceOf(McpSessionError);
  expect(isMcpSessionError({ code: "SESSION_NOT_FOUND" })).toBe(false);
  expect(isMcpSessionError(null)).toBe(false);
});

test("an error crosses the wire without its cause and stack", () => {
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

test("retryAfter crosses the wire, and is left out if it is unknown", () => {
  const info = { code: "RATE_LIMITED", message: "Too many", hint: "Try again in 2 seconds.", retryable: true } as const;
  const error = new McpSessionError({ ...info, retryAfter: 1_500 });
  expect(parseErrorInfo(JSON.parse(JSON.stringify(error)))).toEqual({ ...info, retryAfter: 1_500 });
  expect(Object.keys(new McpSessionError(info).toJSON())).not.toContain("retryAfter");
  // As written by a version without retryAfter.
  expect(parseErrorInfo(info)).toEqual(info);
});

test.each([-1, 0.5, 86_400_001, "12", null])("a retryAfter of %j is not accepted", (retryAfter) => {
  expect(parseErrorInfo({ code: "RATE_LIMITED", message: "", hint: "", retryable: true, retryAfter })).toBeUndefined();
});

test("the hint for the operator crosses the wire, and is left out where there is none", () => {
  const info = { code: "LIMIT_EXCEEDED", message: "Too many", hint: "Remove one.", retryable: false } as const;
  const operatorHint = "Raise limits.sessionsPerUser to allow more.";
  const limited = new McpSessionError({ ...info, operatorHint });
  expect(parseErrorInfo(JSON.parse(JSON.stringify(limited)))).toEqual({ ...info, operatorHint });
  expect(Object.keys(new McpSessionError(info).toJSON())).not.toContain("operatorHint");
});
