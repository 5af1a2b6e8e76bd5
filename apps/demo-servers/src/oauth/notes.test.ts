import { expect, test, vi } from "vitest";
import { Notebook, Notebooks } from "./notes.js";

test("finds words in titles and bodies in any letter case, newest first", () => {
  const notebook = new Notebook();
  notebook.create("Milk", "two bottles");
  notebook.create("Ideas", "a bottle garden");
  notebook.create("Trains", "the night train");

  expect(notebook.search("BOTTLE").map(({ title }) => title)).toEqual(["Ideas", "Milk"]);
  expect(notebook.search("")).toHaveLength(3);
});

test("deletes a note once", () => {
  const notebook = new Notebook();
  const note = notebook.create("Milk", "");

  expect(notebook.delete(note?.id ?? "")).toBe(true);
  expect(notebook.delete(note?.id ?? "")).toBe(false);
  expect(notebook.search("")).toEqual([]);
});

test("holds at most 200 notes", () => {
  const notebook = new Notebook();
  for (let index = 0; index < 200; index += 1) notebook.create(`Note ${index}`, "");

  expect(notebook.create("One too many", "")).toBeUndefined();
  expect(notebook.search("")).toHaveLength(200);
});

test("keeps a notebook per user, and drops the least recently used one when there are too many", () => {
  const notebooks = new Notebooks();
  notebooks.of("ada").create("Ada's", "");
  notebooks.of("bob").create("Bob's", "");
  for (let index = 0; index < 98; index += 1) notebooks.of(`person ${index}`);
  notebooks.of("ada");
  notebooks.of("one more");

  expect(notebooks.of("ada").search("")).toHaveLength(1);
  expect(notebooks.of("bob").search("")).toEqual([]);
});

test("notebooks restored from a list are the same, in the same order", () => {
  const first = new Notebooks();
  first.of("ada").create("Milk", "two bottles");
  first.of("bob").create("Ideas", "");
  first.of("ada").create("Trains", "");
  const second = new Notebooks({ saved: first.list() });

  expect(second.list()).toEqual(first.list());
  expect(second.list().map(([subject]) => subject)).toEqual(["bob", "ada"]);
  expect(
    second
      .of("ada")
      .search("")
      .map(({ title }) => title),
  ).toEqual(["Trains", "Milk"]);
});

test("reports when a note is added or deleted, in restored and new notebooks", () => {
  const changed = vi.fn();
  const saved = new Notebooks();
  const old = saved.of("ada").create("Milk", "");
  const notebooks = new Notebooks({ saved: saved.list(), changed });

  notebooks.of("bob").create("Ideas", "");
  expect(changed).toHaveBeenCalledTimes(1);
  notebooks.of("ada").delete(old?.id ?? "");
  expect(changed).toHaveBeenCalledTimes(2);
  notebooks.of("ada").delete("unknown");
  notebooks.of("ada").search("");
  expect(changed).toHaveBeenCalledTimes(2);
});
