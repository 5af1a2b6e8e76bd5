import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { StorageDriver } from "../../session/storage-driver.js";
import { sharedValue } from "../../values/stored-value.js";

/** What a `StoredValue` guarantees with any driver. */
export function storedValueContract(name: string, open: () => StorageDriver): void {
  describe.concurrent(name, () => {
    const someValue = (driver: StorageDriver) => sharedValue(driver, "registration", randomUUID());

    test("a value can be written, read, overwritten and erased", async () => {
      const value = someValue(open());
      expect(await value.read()).toBeUndefined();
      await value.write("héllo\n{}", 60);
      expect(await value.read()).toBe("héllo\n{}");
      await value.write("", 60);
      expect(await value.read()).toBe("");
      await value.erase();
      expect(await value.read()).toBeUndefined();
      await value.erase();
    });

    test("a value expires, and overwriting it starts a new lifetime", async () => {
      const driver = open();
      const [short, renewed] = [someValue(driver), someValue(driver)];
      await short.write("a", 2);
      await renewed.write("a", 2);
      await renewed.write("b", 60);
      await pause(2_150);
      expect(await short.read()).toBeUndefined();
      expect(await renewed.read()).toBe("b");
    });

    test("a read renews the lifetime only on request, and never revives an expired value", async () => {
      const driver = open();
      const [read, renewed, missing] = [someValue(driver), someValue(driver), someValue(driver)];
      await read.write("a", 2);
      await renewed.write("a", 2);
      expect(await read.read()).toBe("a");
      expect(await renewed.read(60)).toBe("a");
      expect(await missing.read(60)).toBeUndefined();
      await pause(2_150);
      expect(await read.read(60)).toBeUndefined();
      expect(await renewed.read()).toBe("a");
    });

    test("a value is replaced only while it begins with the head", async () => {
      const value = someValue(open());
      await value.write('{"v":1,"text":"a"}', 60);
      expect(await value.replace('{"v":2,', "no", 60)).toBe(false);
      expect(await value.replace('{"v":1,"text":"a"} and more', "no", 60)).toBe(false);
      expect(await value.read()).toBe('{"v":1,"text":"a"}');
      expect(await value.replace('{"v":1,', '{"v":2,"text":"ü"}', 60)).toBe(true);
      expect(await value.read()).toBe('{"v":2,"text":"ü"}');
    });

    test("a head may contain any characters", async () => {
      const value = someValue(open());
      await value.write("ü.*%[a]-1 rest", 60);
      expect(await value.replace("ü.*%[a]-2", "no", 60)).toBe(false);
      expect(await value.replace("ü.*%[a]-1", "yes", 60)).toBe(true);
    });

    test("a missing value is never replaced, whatever the head", async () => {
      const value = someValue(open());
      expect(await value.replace("", "new", 60)).toBe(false);
      expect(await value.replace("a", "new")).toBe(false);
      expect(await value.read()).toBeUndefined();
    });

    test("a replacement keeps the remaining lifetime, or sets a given one", async () => {
      const driver = open();
      const [kept, named] = [someValue(driver), someValue(driver)];
      await kept.write("a", 2);
      await named.write("a", 2);
      expect(await kept.replace("a", "b")).toBe(true);
      expect(await named.replace("a", "b", 60)).toBe(true);
      await pause(2_150);
      expect(await kept.read()).toBeUndefined();
      expect(await named.read()).toBe("b");
    });

    test("of 50 concurrent replacements of the same head, one wins", async () => {
      const value = someValue(open());
      await value.write("open,", 60);
      const won = await Promise.all(
        Array.from({ length: 50 }, (_, index) => value.replace("open,", `taken by ${index}`, 60)),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await value.read()).toBe(`taken by ${won.indexOf(true)}`);
    });

    test("a lock is taken once while the value is as expected, and is free again once its owner releases it", async () => {
      const stored = someValue(open());
      const value = '{"v":1,"text":"a"}';
      await stored.write(value, 60);
      const take = (owner: string) => stored.lock("work", { expected: '{"v":1,', owner, lifeMs: 60_000 });
      expect(await take("one")).toEqual({ state: "yours", value });
      const answer = await take("other");
      expect(answer).toMatchObject({ state: "theirs" });
      if (answer.state === "theirs") expect(answer.ms).toBeGreaterThan(50_000);
      await stored.unlock("work", "other");
      expect(await take("other")).toMatchObject({ state: "theirs" });
      await stored.unlock("work", "one");
      expect(await take("other")).toEqual({ state: "yours", value });
    });

    test("each name is a separate lock, and each value has its own locks", async () => {
      const driver = open();
      const request = { expected: null, owner: "one", lifeMs: 60_000 };
      for (const stored of [someValue(driver), someValue(driver)]) {
        for (const lock of ["work", "rest"]) expect(await stored.lock(lock, request)).toMatchObject({ state: "yours" });
      }
    });

    test("a value that is not as expected is returned instead of the lock, even if the lock is held", async () => {
      const stored = someValue(open());
      const take = (expected: string | null) => stored.lock("work", { expected, owner: "one", lifeMs: 60_000 });
      expect(await take("a")).toEqual({ state: "changed", value: undefined });
      expect(await take(null)).toEqual({ state: "yours", value: undefined });
      await stored.write("b", 60);
      expect(await take("a")).toEqual({ state: "changed", value: "b" });
      expect(await take(null)).toEqual({ state: "changed", value: "b" });
    });

    test("an abandoned lock expires", async () => {
      const stored = someValue(open());
      const take = (owner: string, lifeMs = 60_000) => stored.lock("work", { expected: null, owner, lifeMs });
      await take("gone", 2_000);
      expect(await take("one")).toMatchObject({ state: "theirs" });
      await pause(2_050);
      expect(await take("one")).toMatchObject({ state: "yours" });
      await stored.unlock("work", "gone");
      expect(await take("late")).toMatchObject({ state: "theirs" });
    });

    test("of 50 concurrent attempts to take a lock, one succeeds", async () => {
      const stored = someValue(open());
      const take = (_: unknown, index: number) =>
        stored.lock("work", { expected: null, owner: `${index}`, lifeMs: 60_000 });
      const answers = await Promise.all(Array.from({ length: 50 }, take));
      expect(answers.filter(({ state }) => state === "yours")).toHaveLength(1);
    });
  });
}
