import { afterEach, expect, test, vi } from "vitest";
import { noSessionLimit, progress, someRecord } from "../../samples.fixture.js";
import { SessionStore } from "../../session/session-store.js";
import { reencryptContract } from "../contract/reencrypt.contract.js";
import { storageContract } from "../contract/storage.contract.js";
import { MemoryDriver } from "./driver.js";

const shared = new MemoryDriver();

storageContract("memory", () => shared);
reencryptContract("key rotation in memory", async () => new MemoryDriver());

afterEach(() => void vi.useRealTimers());

const counted = { user: "ada", what: "calls", burst: 3, intervalMs: 1_000 };

test("a count is kept until its bucket is full again, and no longer", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const driver = new MemoryDriver();
  for (let user = 0; user < 2_500; user++) await driver.take({ ...counted, user: `user-${user}` });
  expect(driver.size).toBe(2_500);
  vi.setSystemTime(Date.now() + 999);
  expect(driver.size).toBe(2_500);
  vi.setSystemTime(Date.now() + 1);
  expect(driver.size).toBe(0);
});

test("a count that is given back completely leaves nothing behind", async () => {
  const driver = new MemoryDriver();
  await driver.take(counted);
  await driver.giveBack(counted);
  expect(driver.size).toBe(0);
});

test("after the clock goes back, no wait is longer than one interval", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const driver = new MemoryDriver();
  for (let count = 0; count < 3; count++) await driver.take(counted);
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(await driver.take(counted)).toBe(1_000);
  vi.setSystemTime(Date.now() + 1_000);
  expect(await driver.take(counted)).toBe(0);
});

test("expired sessions and logs of users leave nothing behind", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const driver = new MemoryDriver();
  const store = new SessionStore(driver, 60);
  for (let user = 0; user < 100; user++) {
    const record = someRecord();
    await store.create(record, [progress(record, "created")], noSessionLimit);
  }
  expect(driver.size).toBe(400);
  vi.setSystemTime(Date.now() + 60_001);
  expect(driver.size).toBe(100);
  vi.setSystemTime(Date.now() + 1_800_000);
  expect(driver.size).toBe(0);
});
