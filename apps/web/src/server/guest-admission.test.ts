import { expect, test } from "vitest";
import { GuestAdmission } from "./guest-admission";

const guest = (userId: string | number, isNew = true) => ({ userId: `guest_${userId}`, isNew });
const address = "203.0.113.7";

test("an address becomes 20 guests who use the app, and each of them counts once", () => {
  const admission = new GuestAdmission();
  for (let count = 0; count < 20; count += 1) {
    for (const _request of [1, 2, 3]) expect(admission.admit(guest(count), address, 0)).toBe(0);
  }
  expect(admission.admit(guest("another"), address, 0)).toBe(300_000);
  expect(admission.admit(guest("another"), "203.0.113.8", 0)).toBe(0);
  for (let count = 0; count < 20; count += 1) expect(admission.admit(guest(count), address, 0)).toBe(0);
});

test.each([
  ["who has counted before, in any process", guest("ada", false), address],
  ["whose address is not known", guest("ada"), null],
])("a guest %s is always admitted", (_who, visitor, from) => {
  const admission = new GuestAdmission();
  for (let count = 0; count < 20; count += 1) admission.admit(guest(count), address, 0);
  expect(admission.admit(visitor, from, 0)).toBe(0);
});

test("asking how long to wait counts nothing", () => {
  const admission = new GuestAdmission();
  for (let visit = 0; visit < 100; visit += 1) expect(admission.waitMs(address)).toBe(0);
  expect(admission.admit(guest("ada"), address)).toBe(0);
});

test("a million guests take no more memory than a fixed number", () => {
  const admission = new GuestAdmission();
  const before = process.memoryUsage().heapUsed;
  for (let count = 0; count < 1_000_000; count += 1) admission.admit(guest(count), `address-${count}`, 0);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 * 2 ** 20);
});
