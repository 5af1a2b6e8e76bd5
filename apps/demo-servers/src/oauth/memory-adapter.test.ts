import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createMemoryAdapter } from "./memory-adapter.js";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("finds an entry until it expires, and keeps models apart", async () => {
  const adapterOf = createMemoryAdapter();
  await adapterOf("AuthorizationCode").upsert("1", { scope: "code" }, 60);
  await adapterOf("Client").upsert("1", { scope: "client" });

  expect(await adapterOf("AuthorizationCode").find("1")).toEqual({ scope: "code" });
  vi.advanceTimersByTime(60_000);
  expect(await adapterOf("AuthorizationCode").find("1")).toBeUndefined();
  expect(await adapterOf("Client").find("1")).toEqual({ scope: "client" });
});

test("marks a used refresh token with the time in seconds", async () => {
  vi.setSystemTime(1_700_000_000_999);
  const tokens = createMemoryAdapter()("RefreshToken");
  await tokens.upsert("1", {}, 60);
  await tokens.consume("1");

  expect(await tokens.find("1")).toEqual({ consumed: 1_700_000_000 });
});

test("revokes everything that belongs to one grant and nothing else", async () => {
  const tokens = createMemoryAdapter()("RefreshToken");
  await tokens.upsert("1", { grantId: "a" }, 60);
  await tokens.upsert("2", { grantId: "a" }, 60);
  await tokens.upsert("3", { grantId: "b" }, 60);
  await tokens.revokeByGrantId("a");

  expect(await tokens.find("1")).toBeUndefined();
  expect(await tokens.find("2")).toBeUndefined();
  expect(await tokens.find("3")).toEqual({ grantId: "b" });
});

test("does not store browser sessions", async () => {
  const sessions = createMemoryAdapter()("Session");
  await sessions.upsert("1", { accountId: "ada" }, 60);

  expect(await sessions.find("1")).toBeUndefined();
});

test("many refresh tokens do not displace clients", async () => {
  const adapterOf = createMemoryAdapter({ maxEntries: 2 });
  await adapterOf("Client").upsert("1", { clientId: "1" });
  for (const id of ["1", "2", "3"]) await adapterOf("RefreshToken").upsert(id, {}, 60);

  expect(await adapterOf("RefreshToken").find("1")).toBeUndefined();
  expect(await adapterOf("Client").find("1")).toEqual({ clientId: "1" });
});

test("reports the changed model after each change", async () => {
  const changed = vi.fn();
  const tokens = createMemoryAdapter({ changed })("RefreshToken");
  await tokens.upsert("1", { grantId: "a" }, 60);
  await tokens.consume("1");
  await tokens.revokeByGrantId("a");
  await tokens.destroy("1");

  expect(changed.mock.calls).toEqual([["RefreshToken"], ["RefreshToken"], ["RefreshToken"], ["RefreshToken"]]);
});

test("drops the oldest entries when there are too many", async () => {
  const clients = createMemoryAdapter({ maxEntries: 2 })("Client");
  for (const id of ["1", "2", "3"]) await clients.upsert(id, { clientId: id });

  expect(await clients.find("1")).toBeUndefined();
  expect(await clients.find("2")).toEqual({ clientId: "2" });
  expect(await clients.find("3")).toEqual({ clientId: "3" });
});
