import { expect, test } from "vitest";
import { barePage, isDecodable } from "./bare-page";

test("a page of the proxy runs nothing, cannot be framed and is not stored", async () => {
  const page = barePage(404, { title: "Page not found", text: "There is nothing at this address." });
  expect([page.status, page.headers.get("content-security-policy")]).toEqual([
    404,
    "default-src 'none'; frame-ancestors 'none'",
  ]);
  expect(page.headers.get("cache-control")).toBe("no-store");
  expect(await page.text()).toContain("<h1>Page not found</h1>");
});

test.each([
  ["/connections/notes/tools", true],
  ["/connections/%C3%A9%2F/tools", true],
  ["/connections/%E0%A4%A/tools", false],
  ["/connections/%/tools", false],
  ["/%FF", false],
  ["/%C0%80", false],
  ["/%ED%A0%80", false],
])("the path %s can be decoded: %s", (path, expected) => {
  expect(isDecodable(path)).toBe(expected);
});
