import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A row of docs/known-attacks.md: the names an attack was published under, and the files that test it. */
interface Row {
  names: string[];
  paths: string[];
}

let rows: Row[];

const pathOf = (written: string) =>
  written.startsWith("tooling/") ? written : `${written.startsWith("web/") ? "apps" : "packages"}/${written}`;

beforeAll(async () => {
  const text = await readFile(join(root, "docs/known-attacks.md"), "utf8");
  const lines = text.split("\n").filter((line) => /^\| (?!published|---)/.test(line));
  rows = lines.map((line) => {
    const [, names = "", , tests = ""] = line.split("|").map((cell) => cell.trim());
    return { names: names.split(", "), paths: [...tests.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => pathOf(path)) };
  });
  expect(rows.length).toBeGreaterThan(25);
});

/** The text of a test file, with its scenario if that is in a separate file. */
async function textOf(path: string): Promise<string> {
  const text = await readFile(join(root, path), "utf8");
  const scenario = path.replace(/(?:\.redis)?\.test\.ts$/, "");
  const named = text.includes(`./${scenario.split("/").at(-1)}.js`);
  return named ? `${text}\n${await readFile(join(root, `${scenario}.ts`), "utf8")}` : text;
}

/** The folders that may contain tests, as paths from the root. Not every package has all of them. */
async function testFolders(): Promise<string[]> {
  const workspaces = await Promise.all(
    ["packages", "apps"].map(async (kind) => (await readdir(join(root, kind))).map((name) => `${kind}/${name}`)),
  );
  return workspaces.flat().flatMap((workspace) => ["src", "test", "e2e"].map((name) => `${workspace}/${name}`));
}

test("every known attack lists existing tests, and the first one mentions the attack by name", async () => {
  for (const { names, paths } of rows) {
    const texts = await Promise.all(paths.map(textOf));
    expect(texts.length, names.join()).toBeGreaterThan(0);
    expect(
      names.some((name) => texts[0]?.includes(name)),
      `${paths[0]} has none of ${names.join()}`,
    ).toBe(true);
  }
});

test("every advisory in the list is mentioned in its tests", async () => {
  for (const { names, paths } of rows) {
    const texts = (await Promise.all(paths.map(textOf))).join("\n");
    for (const name of names.filter((each) => /^(?:CVE|GHSA)-/.test(each))) expect(texts, paths.join()).toContain(name);
  }
});

test("every advisory that a test mentions is in the list", async () => {
  const listed = new Set(rows.flatMap(({ names }) => names));
  const missing = new Set<string>();
  for (const folder of await testFolders()) {
    for (const name of await readdir(join(root, folder), { recursive: true }).catch(() => [])) {
      if (!/\.tsx?$/.test(name)) continue;
      const text = await readFile(join(root, folder, name), "utf8");
      for (const [advisory] of text.matchAll(/\b(?:CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3})\b/g)) {
        if (!listed.has(advisory)) missing.add(`${folder}/${name}: ${advisory}`);
      }
    }
  }
  expect([...missing]).toEqual([]);
});
