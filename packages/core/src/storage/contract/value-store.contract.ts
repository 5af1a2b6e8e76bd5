import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { ValueStore } from "../../values/value-store.js";

/** What every {@link ValueStore} keeps to. */
export function valueStoreContract(name: string, open: () => ValueStore): void {
  describe.concurrent(name, () => {
    const someKey = () => `mcp:test:${randomUUID()}`;

    test("what was set is read, replaced and deleted", async () => {
      const [store, key] = [open(), someKey()];
      expect(await store.get(key)).toBeUndefined();
      await store.set(key, "héllo\n{}", 60);
      expect(await store.get(key)).toBe("héllo\n{}");
      await store.set(key, "", 60);
      expect(await store.get(key)).toBe("");
      await store.delete(key);
      expect(await store.get(key)).toBeUndefined();
      await store.delete(key);
    });

    test("a value ends with its life, and a new one begins a new life", async () => {
      const [store, short, renewed] = [open(), someKey(), someKey()];
      await store.set(short, "a", 1);
      await store.set(renewed, "a", 1);
      await store.set(renewed, "b", 60);
      await pause(1_150);
      expect(await store.get(short)).toBeUndefined();
      expect(await store.get(renewed)).toBe("b");
    });

    test("a read renews a life only when it is told to, and wakes nothing that is gone", async () => {
      const [store, read, renewed, missing] = [open(), someKey(), someKey(), someKey()];
      await store.set(read, "a", 1);
      await store.set(renewed, "a", 1);
      expect(await store.get(read)).toBe("a");
      expect(await store.get(renewed, 60)).toBe("a");
      expect(await store.get(missing, 60)).toBeUndefined();
      await pause(1_150);
      expect(await store.get(read, 60)).toBeUndefined();
      expect(await store.get(renewed)).toBe("a");
    });

    test("a value is replaced only while it begins with the head", async () => {
      const [store, key] = [open(), someKey()];
      await store.set(key, '{"v":1,"text":"a"}', 60);
      expect(await store.compareAndSet(key, '{"v":2,', "no", 60)).toBe(false);
      expect(await store.compareAndSet(key, '{"v":1,"text":"a"} and more', "no", 60)).toBe(false);
      expect(await store.get(key)).toBe('{"v":1,"text":"a"}');
      expect(await store.compareAndSet(key, '{"v":1,', '{"v":2,"text":"ü"}', 60)).toBe(true);
      expect(await store.get(key)).toBe('{"v":2,"text":"ü"}');
    });

    test("a head may hold any characters", async () => {
      const [store, key] = [open(), someKey()];
      await store.set(key, "ü.*%[a]-1 rest", 60);
      expect(await store.compareAndSet(key, "ü.*%[a]-2", "no", 60)).toBe(false);
      expect(await store.compareAndSet(key, "ü.*%[a]-1", "yes", 60)).toBe(true);
    });

    test("a missing value is never replaced, whatever the head", async () => {
      const [store, key] = [open(), someKey()];
      expect(await store.compareAndSet(key, "", "new", 60)).toBe(false);
      expect(await store.compareAndSet(key, "a", "new")).toBe(false);
      expect(await store.get(key)).toBeUndefined();
    });

    test("replacing keeps the life, or gives the one that is named", async () => {
      const [store, kept, named] = [open(), someKey(), someKey()];
      await store.set(kept, "a", 1);
      await store.set(named, "a", 1);
      expect(await store.compareAndSet(kept, "a", "b")).toBe(true);
      expect(await store.compareAndSet(named, "a", "b", 60)).toBe(true);
      await pause(1_150);
      expect(await store.get(kept)).toBeUndefined();
      expect(await store.get(named)).toBe("b");
    });

    test("of 50 that replace one head at the same time, one wins", async () => {
      const [store, key] = [open(), someKey()];
      await store.set(key, "open,", 60);
      const won = await Promise.all(
        Array.from({ length: 50 }, (_, index) => store.compareAndSet(key, "open,", `taken by ${index}`, 60)),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await store.get(key)).toBe(`taken by ${won.indexOf(true)}`);
    });

    test("a lock is taken once while the value is as expected, and is free again when its owner gives it up", async () => {
      const [store, key] = [open(), `mcp:test:{${randomUUID()}}`];
      await store.set(key, '{"v":1,"text":"a"}', 60);
      const request = { key, expected: '{"v":1,', lockKey: `${key}:lock`, life: 60_000 };
      const value = '{"v":1,"text":"a"}';
      expect(await store.lock({ ...request, owner: "one" })).toEqual({ state: "yours", value });
      const answer = await store.lock({ ...request, owner: "other" });
      expect(answer).toMatchObject({ state: "theirs" });
      if (answer.state === "theirs") expect(answer.ms).toBeGreaterThan(50_000);
      await store.unlock(`${key}:lock`, "other");
      expect(await store.lock({ ...request, owner: "other" })).toMatchObject({ state: "theirs" });
      await store.unlock(`${key}:lock`, "one");
      expect(await store.lock({ ...request, owner: "other" })).toEqual({ state: "yours", value });
    });

    test("a value that is not as expected is answered instead of a lock, whoever holds it", async () => {
      const [store, key] = [open(), `mcp:test:{${randomUUID()}}`];
      const request = { key, lockKey: `${key}:lock`, owner: "one", life: 60_000 };
      expect(await store.lock({ ...request, expected: "a" })).toEqual({ state: "changed", value: undefined });
      expect(await store.lock({ ...request, expected: null })).toEqual({ state: "yours", value: undefined });
      await store.set(key, "b", 60);
      expect(await store.lock({ ...request, expected: "a" })).toEqual({ state: "changed", value: "b" });
      expect(await store.lock({ ...request, expected: null })).toEqual({ state: "changed", value: "b" });
    });

    test("a lock whose owner has gone ends with its life", async () => {
      const [store, key] = [open(), `mcp:test:{${randomUUID()}}`];
      const request = { key, expected: null, lockKey: `${key}:lock` };
      await store.lock({ ...request, owner: "gone", life: 200 });
      expect(await store.lock({ ...request, owner: "one", life: 60_000 })).toMatchObject({ state: "theirs" });
      await pause(250);
      expect(await store.lock({ ...request, owner: "one", life: 60_000 })).toMatchObject({ state: "yours" });
      await store.unlock(`${key}:lock`, "gone");
      expect(await store.lock({ ...request, owner: "late", life: 60_000 })).toMatchObject({ state: "theirs" });
    });

    test("of 50 that want a lock at the same time, one gets it", async () => {
      const [store, key] = [open(), `mcp:test:{${randomUUID()}}`];
      const take = (_: unknown, index: number) =>
        store.lock({ key, expected: null, lockKey: `${key}:lock`, owner: `${index}`, life: 60_000 });
      const answers = await Promise.all(Array.from({ length: 50 }, take));
      expect(answers.filter(({ state }) => state === "yours")).toHaveLength(1);
    });
  });
}
