import { expect, test } from "vitest";
import { serverUrlProblem } from "./server-url.js";

test.each(["https://mcp.example.com/mcp", " http://127.0.0.1:3001/mcp "])("%j is accepted", (text) => {
  expect(serverUrlProblem(text)).toBeUndefined();
});

test.each([
  ["", "Enter the server's address", "https://mcp.example.com/mcp"],
  ["hello", "This is not a valid address", "https://mcp.example.com/mcp"],
  ["mcp.linear.app/mcp", "This is not a valid address", "https://mcp.linear.app/mcp"],
  ["example.com/mcp?key=secret", "This is not a valid address", "such as https://mcp.example.com/mcp."],
  [`example.com/${"a".repeat(200)}`, "This is not a valid address", "such as https://mcp.example.com/mcp."],
  [`${"a".repeat(40)}:`, "MCP servers use http or https", "https://"],
  ["ftp://example.com", "MCP servers use http or https, not ftp:", "https://"],
  ["localhost:3001/mcp", "MCP servers use http or https, not localhost:", "https://"],
  [`https://example.com/${"é".repeat(400)}`, "The address is too long", "at most 2048 characters"],
  ["https://me:secret@example.com/mcp", "The address contains a user name or password", "Leave them out"],
])("%j is refused", (text, message, hint) => {
  const problem = serverUrlProblem(text);
  expect(problem?.message).toBe(message);
  expect(problem?.hint).toContain(hint);
});
