import { expect, test } from "vitest";
import { Allowance } from "./allowance.js";

const perMinute = 600;

function open() {
  let now = 1_000;
  const allowance = new Allowance(() => now);
  const pass = (ms: number) => {
    now += ms;
  };
  return { allowance, pass };
}

test("a user may spend a minute's worth at once, and then what time brings back", () => {
  const { allowance, pass } = open();
  expect(allowance.wait("ada")).toBe(0);
  allowance.spend("ada", 599, perMinute);
  expect(allowance.wait("ada")).toBe(0);
  allowance.spend("ada", 11, perMinute);
  expect(allowance.wait("ada")).toBe(1_000);
  pass(999);
  expect(allowance.wait("ada")).toBe(1);
  pass(2);
  expect(allowance.wait("ada")).toBe(0);
});

test("each user has their own", () => {
  const { allowance } = open();
  allowance.spend("ada", perMinute, perMinute);
  expect(allowance.wait("ada")).toBeGreaterThan(0);
  expect(allowance.wait("grace")).toBe(0);
});

test("whatever the last one cost, the wait is two minutes at most", () => {
  const { allowance, pass } = open();
  allowance.spend("ada", 1_000_000, 1);
  expect(allowance.wait("ada")).toBe(120_000);
  pass(120_001);
  expect(allowance.wait("ada")).toBe(0);
});

test("a user who has everything again is forgotten", () => {
  const { allowance, pass } = open();
  for (let user = 0; user < 2_500; user += 1) allowance.spend(`${user}`, 10, perMinute);
  expect(allowance.size).toBe(2_500);
  pass(1_001);
  expect(allowance.size).toBe(0);
});
