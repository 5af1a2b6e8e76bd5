import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");
const packages = join(root, "packages");
const published = "mcp-redis";

/** Matches the quoted name of an imported module, in JavaScript and in declarations as tsc writes them. */
export const specifiers = /(?<=^(?:import|export)\b(?:[^"'();]*?\bfrom)?\s*|\bimport\s*\(\s*)(["'])([^"'\n]+)\1/gm;

/**
 * Creates the folder that is published as `@mcp-assistant/mcp-redis`: the modules that its entries reach in any package
 * of the workspace, their types and sources, and the manifest without what only the workspace needs.
 */
export async function pack(folder) {
  const manifest = JSON.parse(await readFile(join(packages, published, "package.json"), "utf8"));
  await rm(folder, { recursive: true, force: true });
  for (const file of await filesReachedFrom(entriesOf(manifest))) await place(file, folder);
  const { scripts, devDependencies, ...kept } = manifest;
  await writeFile(join(folder, "package.json"), `${JSON.stringify(kept, null, 2)}\n`);
  await copyFile(join(packages, published, "README.md"), join(folder, "README.md"));
  for (const name of ["LICENSE", "llms.txt"]) await copyFile(join(root, name), join(folder, name));
}

/** Packs the folder into the archive for the registry. Returns the archive's path, next to the folder. */
export async function packArchive(folder) {
  await pack(folder);
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", dirname(folder)];
  const { stdout } = await promisify(execFile)("npm", args, { cwd: folder });
  const [{ filename }] = Object.values(JSON.parse(stdout));
  return join(dirname(folder), filename);
}

function entriesOf({ exports }) {
  const targets = Object.values(exports).flatMap((entry) => (typeof entry === "string" ? [] : Object.values(entry)));
  return [...new Set(targets)].map((target) => join(packages, published, target));
}

/** The files that the entries reach. `dist` may also hold old files of earlier builds. */
async function filesReachedFrom(entries) {
  const reached = new Set(entries);
  for (const file of reached) {
    for (const [, , specifier] of (await readFile(file, "utf8")).matchAll(specifiers)) {
      const imported = targetOf(specifier, file);
      if (imported) reached.add(file.endsWith(".d.ts") ? imported.replace(/\.js$/, ".d.ts") : imported);
    }
  }
  return reached;
}

/** The built file of the workspace that a specifier refers to, if any. */
function targetOf(specifier, file) {
  if (specifier.startsWith("./") || specifier.startsWith("../")) return join(dirname(file), specifier);
  const [, inner] = /^@mcp-assistant\/([\w-]+)$/.exec(specifier) ?? [];
  return inner && inner !== published ? join(packages, inner, "dist/index.js") : undefined;
}

/** `packages/core/dist/x.js` becomes `dist/core/x.js`, and `packages/mcp-redis/dist/x.js` becomes `dist/x.js`. */
function placeOf(path, folder) {
  const [name = "", kind = "", ...rest] = relative(packages, path).split(sep);
  return name === published ? join(folder, kind, ...rest) : join(folder, kind, name, ...rest);
}

async function place(file, folder) {
  const to = placeOf(file, folder);
  const text = (await readFile(file, "utf8")).replaceAll(specifiers, (whole, quote, specifier) => {
    const target = specifier.startsWith(".") ? undefined : targetOf(specifier, file);
    return target ? quote + relativeSpecifier(dirname(to), placeOf(target, folder)) + quote : whole;
  });
  await write(to, text);
  await placeMap(`${file}.map`, folder);
}

function relativeSpecifier(from, to) {
  const path = relative(from, to).split(sep).join("/");
  return path.startsWith(".") ? path : `./${path}`;
}

/** Copies a source map and the sources that it refers to. */
async function placeMap(file, folder) {
  const to = placeOf(file, folder);
  const map = JSON.parse(await readFile(file, "utf8"));
  const sources = map.sources.map((source) => join(dirname(file), source));
  for (const source of sources) await write(placeOf(source, folder), await readFile(source, "utf8"));
  const moved = sources.map((source) => relativeSpecifier(dirname(to), placeOf(source, folder)));
  await write(to, JSON.stringify({ ...map, sources: moved }));
}

async function write(path, text) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
