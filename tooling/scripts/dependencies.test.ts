import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const published = ["protocol", "core", "api", "react", "mcp-redis"];
const page = readFileSync(join(root, "docs/dependencies.md"), "utf8");

interface Manifest {
  name: string;
  version: string;
  license?: string;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const manifestIn = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** Where Node finds a package from a folder; none for an optional one that is not for this system. */
function folderOf(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (existsSync(join(found, "package.json"))) return realpathSync(found);
    if (folder === dirname(folder)) return undefined;
  }
}

/** Everything that a folder's package brings in turn, by name and version; what it leaves to the app is not among it. */
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

const isOurs = (name: string) => name.startsWith("@mcp-assistant/");

/** What stands in the page's table, by name. */
const rows = new Map(
  [...page.matchAll(/^\| `([^`]+)`(.*)\|$/gm)].map(([, name = "", rest = ""]) => {
    const [, version, licence, of = "", brings] = rest.split("|").map((cell) => cell.trim());
    return [name, { version, licence, of: of.split(", "), brings: Number(brings) }];
  }),
);

describe("docs/dependencies.md", () => {
  test("has every runtime dependency of the published packages, as it is installed, and no other", () => {
    const installed = new Map<string, { version: string; licence: string | undefined; of: string[]; brings: number }>();
    for (const name of published) {
      const folder = join(root, "packages", name);
      const { dependencies, optionalDependencies, peerDependencies } = manifestIn(folder);
      expect([optionalDependencies, Object.keys(peerDependencies ?? {}).filter((peer) => peer !== "react")]).toEqual([
        undefined,
        [],
      ]);
      for (const dependency of Object.keys(dependencies ?? {}).filter((each) => !isOurs(each))) {
        const found = folderOf(dependency, folder) ?? "";
        const { version, license } = manifestIn(found);
        const of = [...(installed.get(dependency)?.of ?? []), name];
        installed.set(dependency, { version, licence: license, of, brings: closureOf(found).size });
      }
    }
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(installed));
  });

  test("says of each why it is here", () => {
    for (const name of rows.keys()) expect(page).toContain(`**${name}**`);
  });

  test("names every licence of the production closure", () => {
    const [, allowed = ""] = /may be in the production closure: ([\s\S]*?)\.\n\n/.exec(page) ?? [];
    const licences = allowed.split(/,\s+/);
    expect(licences).toHaveLength(9);
    for (const [id, { license }] of closureOf(join(root, "packages/mcp-redis")))
      expect(licences, id).toContain(license);
  });
});

test("nothing that an app installs with the packages runs a script of its own", () => {
  const closure = closureOf(join(root, "packages/mcp-redis"));
  expect(closure.size).toBeGreaterThan(25);
  for (const [id, { scripts = {} }] of closure) {
    const own = ["preinstall", "install", "postinstall"].filter((name) => name in scripts);
    expect(own, id).toEqual([]);
    if (!isOurs(id)) continue;
    expect(
      Object.keys(scripts).filter((name) => /^(?:pre|post)?(?:install|prepare)$/.test(name)),
      id,
    ).toEqual([]);
  }
});

test("no script of any dependency is allowed to run at an install of the repository", () => {
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

test("every version is pinned", () => {
  const workspace = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
  const [, catalog = ""] = /^catalog:\n((?: {2}.*\n)*)/m.exec(workspace) ?? [];
  for (const line of catalog.trim().split("\n")) expect(line).toMatch(/: (?:npm:\S+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/);
  for (const name of published) {
    const { dependencies = {} } = manifestIn(join(root, "packages", name));
    for (const [dependency, version] of Object.entries(dependencies)) {
      expect(version, dependency).toBe(isOurs(dependency) ? "workspace:*" : "catalog:");
    }
  }
});
