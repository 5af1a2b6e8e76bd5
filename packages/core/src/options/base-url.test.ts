import { expect, test } from "vitest";
import { createMcp } from "../create-mcp.js";
import { requireBaseUrl, requireCallbackUrls } from "./base-url.js";

const wrong = (message: string) =>
  expect.objectContaining({ code: "CONFIGURATION_INVALID", message: expect.stringContaining(message) });

test("a baseUrl is an http(s) origin", () => {
  expect(requireBaseUrl("https://app.example.com")).toBe("https://app.example.com");
  expect(requireBaseUrl("HTTP://Localhost:3000/")).toBe("http://localhost:3000");
  const refusal = {
    message: 'createMcp: "baseUrl" is missing',
    hint: expect.stringContaining("http://localhost:3000"),
  };
  for (const missing of [undefined, ""]) {
    expect(() => requireBaseUrl(missing)).toThrow(expect.objectContaining(refusal));
  }
});

test.each([
  ["app.example.com", "has no scheme"],
  ["app.example.com:3000", "has no scheme"],
  ["localhost:3000", "has no scheme"],
  ["/app", "has no scheme"],
  ["https://", "has no scheme"],
  ["https://a.example/path", "more than an origin"],
  ["https://a.example//", "more than an origin"],
  ["https://a.example/?a=1", "more than an origin"],
  ["https://a.example?", "more than an origin"],
  ["https://a.example/#a", "more than an origin"],
  ["ftp://a.example", "neither https nor http"],
  ["file:///app", "neither https nor http"],
  ["http://0.0.0.0:3000", "an address to listen on"],
  ["http://[::]:3000", "an address to listen on"],
])("a baseUrl of %s is refused: %s", (baseUrl, what) => {
  expect(() => requireBaseUrl(baseUrl)).toThrow(wrong(`baseUrl "${baseUrl}"`));
  expect(() => requireBaseUrl(baseUrl)).toThrow(wrong(what));
});

test.each([
  ["https://a.example/tools", "/tools/api/mcp"],
  ["https://a.example/tools/", "/tools/api/mcp"],
  ["https://a.example/tools/api/mcp", "/tools/api/mcp"],
  ["https://a.example/api/mcp/?a=1", "/api/mcp"],
])("a baseUrl of %s is refused with the basePath to use, %s", (baseUrl, basePath) => {
  const hint = `Write baseUrl: "https://a.example". The path belongs to basePath: "${basePath}".`;
  expect(() => requireBaseUrl(baseUrl)).toThrow(expect.objectContaining({ hint }));
});

test("a baseUrl with a password is refused without being repeated", () => {
  for (const baseUrl of ["https://ada:topsecret@a.example", "https://topsecret@a.example"]) {
    expect(() => requireBaseUrl(baseUrl)).toThrow(wrong("has a user name or password"));
    expect(() => requireBaseUrl(baseUrl)).not.toThrow("topsecret");
  }
});

test("in production a baseUrl must be https, or on this machine", () => {
  for (const baseUrl of [
    "http://app.example.com",
    "http://box.local:3000",
    "http://192.168.1.7:3000",
    "http://localhost.example.com",
  ]) {
    expect(() => requireBaseUrl(baseUrl, true)).toThrow(wrong("does not use https, which production requires"));
    expect(requireBaseUrl(baseUrl, false)).toBe(baseUrl);
  }
  for (const baseUrl of [
    "https://a.example",
    "http://localhost:1",
    "http://127.0.0.1:1",
    "http://[::1]:1",
    "http://a.localhost:1",
  ]) {
    expect(requireBaseUrl(baseUrl, true)).toBe(baseUrl);
  }
});

test("further redirect URLs are used exactly as written", () => {
  const urls = ["https://a.example/oauth/callback?tenant=1", "http://127.0.0.1:3000/callback"];
  expect(requireCallbackUrls(urls, true)).toEqual(urls);
});

test.each([
  ["", "empty entry"],
  ["/callback", "has no scheme"],
  ["a.example/callback", "has no scheme"],
  ["javascript:alert(1)", "has no scheme"],
  ["javascript://a.example/%0aalert(1)", "neither https nor http"],
  ["com.example.app://callback", "neither https nor http"],
  ["https://a.example/callback#", "has a fragment"],
  ["https://a.example/callback#token", "has a fragment"],
  ["https://a.example", "not written the way browsers write it"],
  ["https://A.example/callback", "not written the way browsers write it"],
  ["https://a.example:443/callback", "not written the way browsers write it"],
  ["https://a.example/a/../callback", "not written the way browsers write it"],
  [" https://a.example/callback", "not written the way browsers write it"],
  ["http://0.0.0.0/callback", "an address to listen on"],
  ["https://a.example/api/mcp/auth/issuer/a", "in the place of redirect URLs for one issuer alone"],
  ["http://a.example/callback", "does not use https, which production requires"],
])("a further redirect URL of %j is refused: %s", (callbackUrl, what) => {
  const given = () => requireCallbackUrls(["https://b.example/callback", callbackUrl], true);
  expect(given).toThrow(wrong("callbackUrls"));
  expect(given).toThrow(wrong(what));
});

test("a further redirect URL with a password is refused without being repeated", () => {
  expect(() => requireCallbackUrls(["https://ada:topsecret@a.example/"])).toThrow(wrong("has a user name or password"));
  expect(() => requireCallbackUrls(["https://ada:topsecret@a.example/"])).not.toThrow("topsecret");
});

test("a single redirect URL instead of a list is refused at once, and an unset one at the first use", async () => {
  const options = { storage: "memory", baseUrl: "https://a.example" };
  const given = JSON.parse('"https://a.example/callback"');
  expect(() => createMcp({ ...options, callbackUrls: given })).toThrow(wrong("callbackUrls is not a list"));
  const unset = createMcp({ ...options, callbackUrls: JSON.parse("[null]") });
  await expect(unset.forUser("ada").list()).rejects.toThrow(wrong("callbackUrls has an empty entry"));
});

test("an app with an invalid redirect URL reports it at the first use", async () => {
  const mcp = createMcp({ storage: "memory", baseUrl: "https://a.example", callbackUrls: ["/callback"] });
  expect(() => mcp.clientMetadata).toThrow(wrong("callbackUrls"));
  await expect(mcp.forUser("ada").list()).rejects.toThrow(wrong("callbackUrls"));
});
