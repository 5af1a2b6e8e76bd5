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
  ["nothing that failed", [], {}],
  ["what waiting does not cure", [failed], {}],
  ["one that has to wait", [refused(1_000)], { "retry-after": "1" }],
  ["a part of a second", [refused(1_001)], { "retry-after": "2" }],
  ["less than a second", [refused(1)], { "retry-after": "1" }],
  ["several of a batch: the longest", [refused(4_000), failed, refused(12_345), refused(9)], { "retry-after": "13" }],
])("the header of %s", (_what, errors, headers) => {
  expect(mcpResponseMeta({ errors })).toEqual({ headers });
});

test("a batch tells the longest wait of its parts, and each part its own", async () => {
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
