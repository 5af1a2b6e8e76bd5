import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const published = join(root, "packages/mcp-redis");
/** The packages bundled in it. */
const inner = ["protocol", "core", "api", "client", "react"].map((name) => join(root, "packages", name));
const page = readFileSync(join(root, "docs/dependencies.md"), "utf8");

interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  license?: string;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const manifestIn = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** Where Node finds a package from a folder; undefined for an optional one that is not for this system. */
function folderOf(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (existsSync(join(found, "package.json"))) return realpathSync(found);
    if (folder === dirname(folder)) return undefined;
  }
}

/** All direct and indirect dependencies of a folder's package, by name and version, without its peers. */
function closureOf(folder: string, all = new Map<string, Manifest>()): Map<string, Manifest> {
  const { dependencies, optionalDependencies } = manifestIn(folder);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const found = folderOf(name, folder);
    if (!found && dependencies?.[name] && !optionalDependencies?.[name]) throw new Error(`${name} is not installed`);
    if (!found) continue;
    const manifest = manifestIn(found);
    const id = `${manifest.name}@${manifest.version}`;
    if (all.has(id)) continue;
    all.set(id, manifest);
    closureOf(found, all);
  }
  return all;
}

/** Everything that an app runs because of us: our dependencies and our peers. */
function productionClosure(): Map<string, Manifest> {
  const all = closureOf(published);
  for (const peer of Object.keys(manifestIn(published).peerDependencies ?? {})) {
    const folder = installed(peer);
    const manifest = manifestIn(folder);
    all.set(`${manifest.name}@${manifest.version}`, manifest);
    closureOf(folder, all);
  }
  return all;
}

/** Where the published package finds another one. */
function installed(name: string): string {
  const folder = folderOf(name, published);
  if (!folder) throw new Error(`${name} is not installed`);
  return folder;
}

const isOurs = (name: string) => name.startsWith("@mcp-assistant/");

/** The rows of the page's tables, by name. */
const rows = new Map(
  [...page.matchAll(/^\| `([^`]+)`(.*)\|$/gm)].map(([, name = "", rest = ""]) => {
    const [, range, version, licence, brings] = rest.split("|").map((cell) => cell.trim());
    return [name, { range, version, licence, brings: Number(brings) }];
  }),
);

describe("docs/dependencies.md", () => {
  test("lists every dependency and peer of the published package as installed, and no others", () => {
    const { dependencies, optionalDependencies, peerDependencies } = manifestIn(published);
    expect(optionalDependencies).toBeUndefined();
    const declared = Object.entries({ ...dependencies, ...peerDependencies }).map(([name, range]) => {
      const folder = installed(name);
      const { version, license } = manifestIn(folder);
      return [name, { range: `\`${range}\``, version, licence: license, brings: closureOf(folder).size }];
    });
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(declared));
  });

  test("explains why each one is needed", () => {
    for (const name of rows.keys()) expect(page).toContain(`**${name}**`);
  });

  test("names every licence of the production closure", () => {
    const [, allowed = ""] = /may be in the production closure: ([\s\S]*?)\.\n\n/.exec(page) ?? [];
    const licences = allowed.split(/,\s+/);
    expect(licences).toHaveLength(9);
    for (const [id, { license }] of productionClosure()) expect(licences, id).toContain(license);
  });
});

test("nothing that an app installs with the package runs an install script", () => {
  const closure = productionClosure();
  expect(closure.size).toBeGreaterThan(25);
  for (const [id, { scripts = {} }] of closure) {
    const own = ["preinstall", "install", "postinstall"].filter((name) => name in scripts);
    expect(own, id).toEqual([]);
  }
  for (const { name, scripts = {} } of [published, ...inner].map(manifestIn)) {
    expect(
      Object.keys(scripts).filter((script) => /^(?:pre|post)?(?:install|prepare)$/.test(script)),
      name,
    ).toEqual([]);
  }
});

test("no dependency may run a script when the repository is installed", () => {
  const workspace = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
  const [, decided = ""] = /^allowBuilds:\n((?: {2}.*\n)*)/m.exec(workspace) ?? [];
  expect(
    decided
      .trim()
      .split("\n")
      .map((line) => line.trim().split(": ")[1]),
  ).toEqual(["false", "false"]);
  expect(workspace).not.toMatch(/dangerouslyAllowAllBuilds|onlyBuiltDependencies|neverBuiltDependencies/);
});

test("the workspace installs one pinned version of everything", () => {
  const workspace = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
  const [, catalog = ""] = /^catalog:\n((?: {2}.*\n)*)/m.exec(workspace) ?? [];
  for (const line of catalog.trim().split("\n")) expect(line).toMatch(/: (?:npm:\S+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/);
  for (const folder of [published, ...inner]) {
    const { dependencies, devDependencies } = manifestIn(folder);
    const pinned = { ...devDependencies, ...(folder === published ? {} : dependencies) };
    for (const [name, version] of Object.entries(pinned)) {
      expect(version, name).toBe(isOurs(name) ? "workspace:*" : "catalog:");
    }
  }
});

/** Whether a version is in a range such as `^1.2.3` or `>=19`. */
function isIn(version: string, range: string): boolean {
  const [have, least] = [version, range.replace(/^\D+/, "")].map((text) => text.split(".").map(Number));
  const at = least?.findIndex((part, index) => part !== have?.[index]) ?? -1;
  const isAtLeast = at === -1 || (have?.[at] ?? 0) > (least?.[at] ?? 0);
  return isAtLeast && (range.startsWith(">=") || (range.startsWith("^") && have?.[0] === least?.[0]));
}

describe("one package is published and contains the others", () => {
  test("the others are private", () => {
    expect(manifestIn(published).private).toBeUndefined();
    for (const folder of inner) expect(manifestIn(folder).private, folder).toBe(true);
  });

  test("it declares all their dependencies, in ranges that include the versions tested here", () => {
    const ranges = { ...manifestIn(published).dependencies, ...manifestIn(published).peerDependencies };
    for (const [name, range] of Object.entries(ranges)) {
      expect(isIn(manifestIn(installed(name)).version, range), `${name} ${range}`).toBe(true);
    }
    for (const folder of inner) {
      const { dependencies = {}, peerDependencies = {} } = manifestIn(folder);
      for (const name of Object.keys(dependencies).filter((each) => !isOurs(each))) {
        expect(manifestIn(published).dependencies, folder).toHaveProperty([name]);
        expect(folderOf(name, folder), `${name} of ${folder}`).toBe(installed(name));
      }
      for (const [name, range] of Object.entries(peerDependencies)) {
        expect(manifestIn(published).peerDependencies?.[name], `${name} of ${folder}`).toBe(range);
        expect(folderOf(name, folder), `${name} of ${folder}`).toBe(installed(name));
      }
    }
  });

  test("a version outside its range is noticed", () => {
    expect(["1.2.3", "1.2.4", "1.3.0"].map((version) => isIn(version, "^1.2.3"))).toEqual([true, true, true]);
    expect(["1.2.2", "1.1.9", "2.0.0", "0.9.9"].map((version) => isIn(version, "^1.2.3"))).toEqual(
      Array(4).fill(false),
    );
    expect(["18.3.1", "19.0.0", "20.1.0"].map((version) => isIn(version, ">=19"))).toEqual([false, true, true]);
  });
});
