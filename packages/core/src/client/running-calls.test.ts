import { randomUUID } from "node:crypto";
import { expect, test, vi } from "vitest";
import { runCall } from "./running-calls.js";

/** A call that ends when the test says so. */
function someCall() {
  let end: { resolve: () => void; reject: (error: Error) => void } | undefined;
  const ended = new Promise<void>((resolve, reject) => {
    end = { resolve, reject };
  });
  return { call: () => ended, resolve: () => end?.resolve(), reject: (error: Error) => end?.reject(error) };
}

const refused = {
  code: "LIMIT_EXCEEDED",
  message: "This connection is already running 2 calls, the most that this app allows at a time",
  hint: "Wait until one has finished, then try again.",
  retryable: true,
};

test("calls run up to the limit, and one more may start once one has ended or failed", async () => {
  const key = randomUUID();
  const [first, second] = [someCall(), someCall()];
  const running = [runCall(key, 2, first.call), runCall(key, 2, second.call)];
  await expect(runCall(key, 2, async () => 3)).rejects.toMatchObject(refused);
  await expect(runCall(randomUUID(), 2, async () => 3)).resolves.toBe(3);
  first.resolve();
  await running[0];
  await expect(runCall(key, 2, async () => 3)).resolves.toBe(3);
  const third = someCall();
  const refilled = runCall(key, 2, third.call);
  await expect(runCall(key, 2, async () => 4)).rejects.toMatchObject(refused);
  third.reject(new Error("failed"));
  await expect(refilled).rejects.toThrow("failed");
  await expect(runCall(key, 2, async () => 4)).resolves.toBe(4);
  second.resolve();
  await running[1];
});

test("a call that throws before it starts frees its place, too", async () => {
  const key = randomUUID();
  const broken = () => {
    throw new Error("broken");
  };
  for (let count = 0; count < 5; count++) await expect(runCall(key, 1, broken)).rejects.toThrow("broken");
  await expect(runCall(key, 1, async () => 1)).resolves.toBe(1);
});

test("several bundles in one process share the count", async () => {
  const key = randomUUID();
  const held = someCall();
  const running = runCall(key, 1, held.call);
  vi.resetModules();
  const copy = await import("./running-calls.js");
  expect(copy.runCall).not.toBe(runCall);
  await expect(copy.runCall(key, 1, async () => 1)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  held.resolve();
  await running;
  await expect(copy.runCall(key, 1, async () => 1)).resolves.toBe(1);
});
