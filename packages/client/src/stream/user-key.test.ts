import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createBrowser, startApp, type TestApp } from "../app.fixture.js";
import { askUserKey } from "./user-key.js";

let app: TestApp;

beforeEach(async () => {
  app = await startApp();
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await app.close();
});

const ask = (signal = new AbortController().signal) => askUserKey(createBrowser(app).backend, signal);

/** Makes the next request wait forever without an answer. */
function answerNever() {
  vi.spyOn(globalThis, "fetch").mockImplementationOnce(async (_url, init) => {
    init?.signal?.throwIfAborted();
    return new Promise((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  });
}

test("every user has their own key, and it is the same every time", async () => {
  app.user.id = "ada";
  const [ada, again] = [await ask(), await ask()];
  app.user.id = "bob";
  expect(ada).toEqual({ userKey: expect.stringMatching(/^[\w-]{22}$/) });
  expect(again).toEqual(ada);
  expect(await ask()).not.toEqual(ada);
});

test("a signed-out user, an unreachable app and one that does not answer give different errors", async () => {
  app.user.id = null;
  expect(await ask()).toMatchObject({ error: { code: "UNAUTHENTICATED", retryable: false } });
  app.down = true;
  expect(await ask()).toMatchObject({ error: { code: "APP_UNREACHABLE", retryable: true } });
  app.down = false;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  answerNever();
  const asking = ask();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await asking).toMatchObject({ error: { code: "APP_UNREACHABLE", retryable: true } });
});

test("an abort ends the wait", async () => {
  answerNever();
  const controller = new AbortController();
  const asking = ask(controller.signal);
  controller.abort();
  expect(await asking).toMatchObject({ error: { code: "CANCELLED" } });
});
