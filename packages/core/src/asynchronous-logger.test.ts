import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createLog } from "./logger.js";

test("a logger that rejects does no harm and leaves no unhandled rejection, which would end the process", async () => {
  const unhandled: unknown[] = [];
  const spy = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", spy);
  onTestFinished(() => void process.off("unhandledRejection", spy));
  const logged: string[] = [];
  const log = createLog(async ({ message }) => {
    logged.push(message);
    throw new Error("The log is full");
  });
  log("info", "first");
  expect(logged).toEqual(["first"]);
  log("error", "second", { error: new Error("x") });
  await pause(10);
  expect(logged).toEqual(["first", "second"]);
  expect(unhandled).toEqual([]);
});
