import { afterEach, expect, test, vi } from "vitest";
import { browserTabs } from "./tabs.js";

afterEach(() => void vi.unstubAllGlobals());

test("without Web Locks, as in an insecure context, tabs share nothing", () => {
  vi.stubGlobal("navigator", {});
  expect(browserTabs("/api/mcp/trpc")).toBeUndefined();
  vi.stubGlobal("navigator", undefined);
  expect(browserTabs("/api/mcp/trpc")).toBeUndefined();
});

test("tabs of the same app and user share a lock, however the app's address is written", async () => {
  const request = vi.fn((_name: string, _options: object, held: () => Promise<void>) => held());
  vi.stubGlobal("navigator", { locks: { request } });
  vi.stubGlobal("location", { href: "https://app.example/connections" });
  const nameOf = async (url: string, name: string) => {
    await browserTabs(url)?.requestLock(name, {}, () => Promise.resolve());
    return request.mock.lastCall?.[0];
  };
  const ada = await nameOf("/api/mcp/trpc", "ada");
  expect(await nameOf("https://app.example/api/mcp/trpc", "ada")).toBe(ada);
  expect(await nameOf("/api/mcp/trpc", "bob")).not.toBe(ada);
  expect(await nameOf("/other/trpc", "ada")).not.toBe(ada);
});
