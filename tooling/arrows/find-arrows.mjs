import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";

/** Whether a file is shipped. Tests and their fixtures may import anything. */
const isSource = (file) => /\.tsx?$/.test(file) && !/\.(?:test|contract|fixture)\./.test(file);

const relativeImport = /(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']+)["']/g;

/** Every source file in a folder with the files it imports, as values or types. Paths are relative to the folder. */
export function readImports(folder) {
  const files = readdirSync(folder, { recursive: true }).map((file) => file.replaceAll("\\", "/"));
  return new Map(
    files.filter(isSource).map((file) => [file, importsOf(file, readFileSync(join(folder, file), "utf8"))]),
  );
}

/** The files that a source file imports. */
export function importsOf(file, text) {
  return [...text.matchAll(relativeImport)].map(([, specifier = ""]) =>
    posix.join(dirname(file), specifier).replace(/\.js$/, ".ts"),
  );
}

/**
 * One sentence for every import that does not point down, and for every file outside all rooms. `floors` are listed
 * from bottom to top.
 */
export function findArrows(imports, floors) {
  const rooms = floors.flatMap((names, floor) => names.map((name) => ({ name, floor })));
  // The longest matching name is the innermost room: authorization/client/ comes before authorization/.
  rooms.sort((a, b) => b.name.length - a.name.length);
  const bare = (file) => file.replace(/\.tsx?$/, "");
  const roomOf = (file) =>
    rooms.find(({ name }) => (name.endsWith("/") ? file.startsWith(name) : bare(file) === bare(name)));
  return [...imports].flatMap(([file, targets]) => {
    const from = roomOf(file);
    if (!from) return [`${file} is in no room: give its folder a floor in tooling/arrows/floors.mjs`];
    return targets.flatMap((target) => {
      const to = roomOf(target);
      if (to === from || (to && to.floor < from.floor)) return [];
      return [`${file} imports ${target}: ${from.name} is not above ${to?.name ?? "it"}`];
    });
  });
}

/**
 * The folders that import each other, directly or indirectly, one line per cycle. A top-level file counts as a folder.
 */
export function findFolderCycles(imports) {
  const folderOf = (file) => (dirname(file) === "." ? file : dirname(file));
  const needs = new Map();
  for (const [file, targets] of imports) {
    const others = needs.get(folderOf(file)) ?? new Set();
    for (const target of targets) others.add(folderOf(target));
    others.delete(folderOf(file));
    needs.set(folderOf(file), others);
  }
  const reached = new Map([...needs.keys()].map((folder) => [folder, reach(needs, folder)]));
  const circles = new Set();
  for (const [folder, all] of reached) {
    if (!all.has(folder)) continue;
    const circle = [...all].filter((other) => reached.get(other)?.has(folder));
    circles.add(circle.sort().join(" ⇄ "));
  }
  return [...circles];
}

function reach(needs, folder) {
  const all = new Set();
  const open = [...(needs.get(folder) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (all.has(next)) continue;
    all.add(next);
    open.push(...(needs.get(next) ?? []));
  }
  return all;
}
