import { createMcp } from "@mcp-assistant/core";
import { McpSessionError } from "@mcp-assistant/protocol";
import { TRPCError } from "@trpc/server";
import { expect, test } from "vitest";
import { createMcpHandler } from "../index.js";
import { mcpResponseMeta } from "./errors.js";

const refused = (retryAfter: number) => {
  const cause = new McpSessionError({ code: "RATE_LIMITED", message: "", hint: "", retryable: true, retryAfter });
  return new TRPCError({ code: "TOO_MANY_REQUESTS", cause });
};
const failed = new TRPCError({ code: "NOT_FOUND" });

test.each([
  ["is absent without errors", [], {}],
  ["is absent for an error that waiting does not fix", [failed], {}],
  ["gives the wait in seconds", [refused(1_000)], { "retry-after": "1" }],
  ["rounds part of a second up", [refused(1_001)], { "retry-after": "2" }],
  ["is at least one second", [refused(1)], { "retry-after": "1" }],
  ["gives the longest wait of a batch", [refused(4_000), failed, refused(12_345), refused(9)], { "retry-after": "13" }],
])("the Retry-After header %s", (_what, errors, headers) => {
  expect(mcpResponseMeta({ errors })).toEqual({ headers });
});

test("a batch has the longest wait in its header, and each part reports its own error", async () => {
  const mcp = createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:9",
    outbound: { allowHosts: ["127.0.0.1:8"] },
    limits: { connectsPerMinute: 1 },
  });
  const { POST } = createMcpHandler({ mcp, userId: () => "ada" });
  const connect = "mcp.connections.connect";
  const wanted = { serverUrl: "http://127.0.0.1:8/mcp" };
  const response = await POST(
    new Request(`http://127.0.0.1:9/api/mcp/trpc/${connect},${connect}?batch=1`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ 0: wanted, 1: wanted }),
    }),
  );
  const parts = await response.json();
  expect(response.status).toBe(207);
  expect(parts).toMatchObject([
    { result: { data: { state: "FAILED", error: { code: "SERVER_UNREACHABLE" } } } },
    { error: { data: { httpStatus: 429, mcp: { code: "RATE_LIMITED" } } } },
  ]);
  expect(response.headers.get("retry-after")).toBe("60");
  await mcp.close();
});
