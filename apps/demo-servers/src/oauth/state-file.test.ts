import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { SavedState } from "./saved-state.js";
import { generateSigningKey } from "./signing-key.js";
import { StateFile } from "./state-file.js";

const signingKey = await generateSigningKey();
const said = vi.spyOn(console, "error").mockImplementation(() => {});
let root: string;
let path: string;

beforeEach(async () => {
  said.mockClear();
  root = await mkdtemp(join(tmpdir(), "demo-state-"));
  path = join(root, "data", "notes.json");
});

afterEach(() => rm(root, { recursive: true }));

function stateOf(issuer: string, changes: Partial<SavedState> = {}): SavedState {
  return { issuer, signingKey, cookieKey: "key", entries: [], notes: [], ...changes };
}

async function modeOf(file: string): Promise<string> {
  return ((await stat(file)).mode & 0o777).toString(8);
}

test("returns what was saved, including entries that never expire and unusual names", () => {
  const state = stateOf("http://127.0.0.1:1", {
    entries: [["Client", [["__proto__", { payload: { client_id: "a" }, expiresAt: Number.POSITIVE_INFINITY }]]]],
    notes: [["__proto__", [{ id: "1", title: "Milk", body: "", createdAt: new Date().toISOString() }]]],
  });
  new StateFile(path).save(state);

  expect(new StateFile(path).find(state.issuer)).toEqual(state);
  expect(said).not.toHaveBeenCalled();
});

test("there is no state without a file, nor for an issuer that saved none", () => {
  const file = new StateFile(path);
  expect(file.find("http://127.0.0.1:1")).toBeUndefined();
  file.save(stateOf("http://127.0.0.1:2"));

  expect(file.find("http://127.0.0.1:1")).toBeUndefined();
  expect(said).not.toHaveBeenCalled();
});

test("issuers share a file, and the one saved longest ago is dropped when there are too many", () => {
  const [file, other] = [new StateFile(path), new StateFile(path)];
  for (let port = 1; port <= 20; port += 1) file.save(stateOf(`http://127.0.0.1:${port}`));
  other.save(stateOf("http://127.0.0.1:1", { cookieKey: "newer" }));
  file.save(stateOf("http://127.0.0.1:21"));

  expect(file.find("http://127.0.0.1:1")?.cookieKey).toBe("newer");
  expect(file.find("http://127.0.0.1:2")).toBeUndefined();
  expect(file.find("http://127.0.0.1:3")).toBeDefined();
});

test("only the owner may read the file, whatever its mode was before", async () => {
  new StateFile(path).save(stateOf("http://127.0.0.1:1"));
  expect(await modeOf(path)).toBe("600");
  expect(await modeOf(join(root, "data"))).toBe("700");

  const open = join(root, "open.json");
  await writeFile(open, await readFile(path), { mode: 0o644 });
  new StateFile(open).save(stateOf("http://127.0.0.1:2"));
  expect(await modeOf(open)).toBe("600");
  expect(new StateFile(open).find("http://127.0.0.1:1")).toBeDefined();
  expect((await readdir(root)).sort()).toEqual(["data", "open.json"]);
});

test.each([
  ["broken JSON", '{"version":1,"sta'],
  ["an empty file", ""],
  ["another version", JSON.stringify({ version: 2, states: [] })],
  ["another shape", JSON.stringify({ version: 1, states: [{ issuer: "http://127.0.0.1:1" }] })],
])("%s is renamed with one line on stderr, and the next state is saved", async (_case, text) => {
  await mkdir(join(root, "data"));
  await writeFile(path, text);
  const file = new StateFile(path);
  expect(file.find("http://127.0.0.1:1")).toBeUndefined();
  file.save(stateOf("http://127.0.0.1:1"));

  expect(file.find("http://127.0.0.1:1")).toBeDefined();
  const [aside = ""] = (await readdir(join(root, "data"))).filter((name) => name !== "notes.json");
  expect(aside).toMatch(/^notes\.json\.unreadable-\d+$/);
  expect(await readFile(join(root, "data", aside), "utf8")).toBe(text);
  expect(said.mock.calls).toEqual([
    [
      `The state in ${path} cannot be read (it is broken or from another version). It was renamed to ${join(root, "data", aside)}.`,
    ],
  ]);
});

test("a folder in its place stays there, and is reported once", async () => {
  await mkdir(path, { recursive: true });
  const file = new StateFile(path);
  expect(file.find("http://127.0.0.1:1")).toBeUndefined();
  file.save(stateOf("http://127.0.0.1:1"));

  expect(await readdir(join(root, "data"))).toEqual(["notes.json"]);
  expect(said.mock.calls).toEqual([[`The state cannot be saved in ${path}: EISDIR.`]]);
});
