import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createLog } from "./logger.js";

test("a logger that rejects changes nothing, and leaves no rejection for which Node would end the process", async () => {
  const unhandled: unknown[] = [];
  const spy = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", spy);
  onTestFinished(() => void process.off("unhandledRejection", spy));
  const told: string[] = [];
  const log = createLog(async ({ message }) => {
    told.push(message);
    throw new Error("The log is full");
  });
  log("info", "first");
  expect(told).toEqual(["first"]);
  log("error", "second", { error: new Error("x") });
  await pause(10);
  expect(told).toEqual(["first", "second"]);
  expect(unhandled).toEqual([]);
});
