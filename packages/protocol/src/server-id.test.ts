import { expect, test } from "vitest";
import { sanitizeServerId, serverIdSchema } from "./server-id.js";

test.each([
  ["https://mcp.linear.app/mcp", "mcp_linear_app_mcp"],
  [" https://MCP.Linear.app:443/mcp/ ", "mcp_linear_app_mcp"],
  ["http://127.0.0.1:3001/mcp", "127_0_0_1_3001_mcp"],
  ["https://mcp.example.com/mcp?key=topsecret#part", "mcp_example_com_mcp"],
  ["https://user:password@mcp.example.com/", "mcp_example_com"],
  ["https://bücher.example/ä", "xn_bcher_kva_example_C3_A4"],
])("%s has the serverId %s", (serverUrl, serverId) => {
  expect(sanitizeServerId(serverUrl)).toBe(serverId);
});

test.each([
  [""],
  ["nonsense"],
  ["https://"],
  ["javascript:alert(1)"],
  [`https://${"very-long.".repeat(12)}example/${"path/".repeat(300)}`],
  ["https://[2001:db8::1]:8443/%F0%9F%98%80/../*"],
])("%s still gives a valid serverId", (text) => {
  expect(serverIdSchema.safeParse(sanitizeServerId(text)).success).toBe(true);
});
