import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { findArrows, findFolderCycles, importsOf, readImports } from "./find-arrows.mjs";
import { floors } from "./floors.mjs";
import { lintRules } from "./lint-rules.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe.each(Object.entries(floors))("%s", (folder, ofPackage) => {
  const imports = readImports(join(root, folder));

  test("every import points down, by value or by type", () => {
    expect(imports.size).toBeGreaterThan(8);
    expect(findArrows(imports, ofPackage)).toEqual([]);
  });

  test("every room in the table exists", () => {
    const files = [...imports.keys()];
    const missing = ofPackage.flat().filter((room) => !files.some((file) => file === room || file.startsWith(room)));
    expect(missing).toEqual([]);
  });

  test("an import that points up is reported with both rooms", () => {
    const files = [...imports.keys()];
    const inRoom = (room: string) => files.find((file) => file === room || file.startsWith(room)) ?? "";
    for (const [floor, rooms] of ofPackage.entries()) {
      for (const room of rooms) {
        for (const above of ofPackage.slice(floor + 1).flat()) {
          const [file, target] = [inRoom(room), inRoom(above)];
          // A file in a subfolder that is a room of its own does not belong to the outer room.
          if (!file || !target || room.startsWith(above) || above.startsWith(room)) continue;
          const planted = new Map([[file, [target]]]);
          expect(findArrows(planted, ofPackage)).toEqual([expect.stringContaining(`${file} imports ${target}: `)]);
        }
      }
    }
  });
});

test.each(readdirSync(join(root, "packages")))("no folders of packages/%s import each other", (name) => {
  expect(findFolderCycles(readImports(join(root, "packages", name, "src")))).toEqual([]);
});

test("folders that import each other are found, even through a third one, however the import is written", () => {
  const forms = [
    'import { a } from "../b/b.js";',
    'export type { A } from "../b/b.js";',
    'type A = import("../b/b.js").A;',
  ];
  for (const form of forms) {
    const imports = new Map([
      ["a/a.ts", importsOf("a/a.ts", form)],
      ["b/b.ts", importsOf("b/b.ts", 'import { c } from "../c/c.js";')],
      ["c/c.ts", importsOf("c/c.ts", 'import type { A } from "../a/a.js";')],
      ["d/d.ts", importsOf("d/d.ts", 'import { a } from "../a/a.js";')],
    ]);
    expect(findFolderCycles(imports), form).toEqual(["a ⇄ b ⇄ c"]);
  }
});

test("a file in a folder without a floor is reported", () => {
  expect(findArrows(new Map([["attic/a.ts", []]]), [["cellar/"]])).toEqual([
    expect.stringMatching(/^attic\/a\.ts is in no room/),
  ]);
  expect(findArrows(new Map([["cellar/a.ts", ["attic/a.ts"]]]), [["cellar/"]])).toEqual([
    "cellar/a.ts imports attic/a.ts: cellar/ is not above it",
  ]);
});

test("the linter refuses the same imports (after changing the floors, run `pnpm arrows`)", () => {
  expect(JSON.parse(readFileSync(join(root, "biome.arrows.json"), "utf8"))).toEqual(lintRules());
});
