import { expect, test } from "vitest";
import { parseServerUrl } from "./server-url.js";

test.each([
  ["https://mcp.example.com/mcp", "https://mcp.example.com/mcp"],
  ["HTTP://MCP.Example.com:80", "http://mcp.example.com/"],
  ["https://mcp.example.com/a/../mcp?key=1#part", "https://mcp.example.com/mcp?key=1"],
  ["https://bücher.example/mcp", "https://xn--bcher-kva.example/mcp"],
  ["http://2130706433/mcp", "http://127.0.0.1/mcp"],
])("%s is normalized to %s", (text, url) => {
  expect(parseServerUrl(text).href).toBe(url);
});

test.each(["mcp.example.com", "https://", "//mcp.example.com/mcp", "not a url", "http://%zz/"])(
  "%j is not a URL",
  (text) => {
    expect(() => parseServerUrl(text)).toThrow(
      expect.objectContaining({ code: "SERVER_URL_INVALID", message: "This is not a valid address", retryable: false }),
    );
  },
);

test("an empty text is refused with an example URL as the hint", () => {
  expect(() => parseServerUrl("  ")).toThrow(
    expect.objectContaining({
      code: "SERVER_URL_INVALID",
      hint: expect.stringContaining("https://mcp.example.com/mcp"),
    }),
  );
});

test.each(["ftp://mcp.example.com/", "ws://mcp.example.com/", "file://host/etc/passwd", "redis://localhost:6379"])(
  "%s is refused: it is not http(s)",
  (text) => {
    expect(() => parseServerUrl(text)).toThrow(expect.objectContaining({ code: "SERVER_URL_INVALID" }));
  },
);

test("a URL with a user name or password is refused without being repeated", () => {
  for (const text of ["https://ada:topsecret@mcp.example.com/", "https://topsecret@mcp.example.com/"]) {
    const parse = () => parseServerUrl(text);
    expect(parse).toThrow(expect.objectContaining({ code: "SERVER_URL_INVALID" }));
    expect(parse).not.toThrow("topsecret");
  }
});
