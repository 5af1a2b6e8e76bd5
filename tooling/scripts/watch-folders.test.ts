import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { watchFolders } from "./watch-folders.mjs";

async function watched(build: () => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "watched-"));
  await mkdir(join(folder, "a/deep"), { recursive: true });
  await mkdir(join(folder, "b"));
  const stop = watchFolders([join(folder, "a"), join(folder, "b")], build);
  onTestFinished(async () => {
    stop();
    await rm(folder, { recursive: true });
  });
  return { edit: (name: string) => writeFile(join(folder, name), `${Math.random()}`), stop };
}

test("edits that come together are one build", async () => {
  const build = vi.fn(async () => undefined);
  const { edit } = await watched(build);
  await Promise.all([edit("a/1.ts"), edit("a/deep/2.ts"), edit("b/3.ts")]);
  await expect.poll(() => build.mock.calls.length).toBe(1);
  await pause(300);
  expect(build).toHaveBeenCalledTimes(1);
});

test("an edit during a build leads to another one, after the first", async () => {
  let [running, most] = [0, 0];
  const build = vi.fn(async () => {
    running += 1;
    most = Math.max(most, running);
    await pause(300);
    running -= 1;
  });
  const { edit } = await watched(build);
  await edit("a/1.ts");
  await expect.poll(() => running).toBe(1);
  await edit("a/1.ts");
  await expect.poll(() => build.mock.calls.length).toBe(2);
  expect(most).toBe(1);
});

test("after it is stopped, an edit builds nothing", async () => {
  const build = vi.fn(async () => undefined);
  const { edit, stop } = await watched(build);
  stop();
  await edit("a/1.ts");
  await pause(300);
  expect(build).not.toHaveBeenCalled();
});
