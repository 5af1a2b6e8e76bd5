import { expect, test } from "vitest";
import { parseUrl } from "./parse-url.js";
import { serverUrlProblem } from "./server-url.js";

test.each([
  ["https://mcp.example.com/mcp", undefined, "https://mcp.example.com/mcp"],
  ["/path", "https://mcp.example.com/mcp", "https://mcp.example.com/path"],
  ["/path", undefined, undefined],
  ["not a url", undefined, undefined],
])("%j with the base %j is %j", (text, base, href) => {
  expect(parseUrl(text, base)?.href).toBe(href);
});

test("an address with letters outside ASCII stays valid, however often addresses are checked", () => {
  for (let count = 0; count < 100_000; count++) serverUrlProblem(`https://mcp.example.com/${count % 7}`);
  expect(serverUrlProblem("https://bücher.example/mcp")).toBeUndefined();
});
