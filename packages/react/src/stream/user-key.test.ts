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

const ask = (signal = new AbortController().signal) => askUserKey(createBrowser(app).client, signal);

/** The next request gets no answer, however long it waits. */
function answerNever() {
  vi.spyOn(globalThis, "fetch").mockImplementationOnce(async (_url, init) => {
    init?.signal?.throwIfAborted();
    return new Promise((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  });
}

test("a user has a key of his own, the same every time", async () => {
  app.user.id = "ada";
  const [ada, again] = [await ask(), await ask()];
  app.user.id = "bob";
  expect(ada).toEqual({ userKey: expect.stringMatching(/^[\w-]{22}$/) });
  expect(again).toEqual(ada);
  expect(await ask()).not.toEqual(ada);
});

test("nobody, an app that is away, and one that does not answer are told apart", async () => {
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

test("who does not want to know any more need not wait", async () => {
  answerNever();
  const controller = new AbortController();
  const asking = ask(controller.signal);
  controller.abort();
  expect(await asking).toMatchObject({ error: { code: "CANCELLED" } });
});
