import { McpSessionError } from "@mcp-assistant/protocol";
import { TRPCClientError } from "@trpc/client";
import { expect, test } from "vitest";
import { toSessionError } from "./session-error.js";

const info = {
  code: "NOT_MCP",
  message: "This is no MCP server",
  hint: "Check the address.",
  retryable: false,
} as const;

function trpcError(data: Record<string, unknown>) {
  return new TRPCClientError("from the server", {
    result: { error: { code: -32600, message: "from the server", data: { httpStatus: 400, ...data } } },
  });
}

test("the server's own error keeps its code, message, hint and retryable", () => {
  const error = toSessionError(trpcError({ code: "BAD_REQUEST", mcp: info }));
  expect(error).toBeInstanceOf(McpSessionError);
  expect(error.toJSON()).toEqual(info);
});

test.each([
  ["UNAUTHORIZED", "UNAUTHENTICATED", false],
  ["FORBIDDEN", "ACCESS_DENIED", false],
  ["BAD_REQUEST", "INVALID_INPUT", false],
  ["TOO_MANY_REQUESTS", "RATE_LIMITED", true],
  ["INTERNAL_SERVER_ERROR", "INTERNAL", true],
])("a host's %s without our formatter is %s", (code, expected, retryable) => {
  for (const mcp of [undefined, null, { code: "NO_SUCH_CODE" }]) {
    const error = toSessionError(trpcError({ code, mcp }));
    expect(error).toMatchObject({ code: expected, retryable });
    expect(error.message).not.toBe("from the server");
  }
});

test.each([
  ["a network failure", TRPCClientError.from(new TypeError("fetch failed")), "APP_UNREACHABLE", true],
  ["a gateway's page", gateway(502), "APP_UNREACHABLE", true],
  ["a gateway's refusal", gateway(401), "UNAUTHENTICATED", false],
  ["an aborted call", TRPCClientError.from(new DOMException("Aborted", "AbortError")), "CANCELLED", false],
  ["anything else", "what", "INTERNAL", true],
])("%s", (_, error, code, retryable) => {
  expect(toSessionError(error)).toMatchObject({ code, retryable });
});

test("one of our own errors is returned unchanged", () => {
  const error = new McpSessionError(info);
  expect(toSessionError(error)).toBe(error);
});

function gateway(status: number) {
  const notJson = new SyntaxError("Unexpected token '<'");
  return TRPCClientError.from(notJson, { meta: { response: new Response(null, { status }) } });
}
