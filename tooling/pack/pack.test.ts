import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pack, specifiers } from "./pack.mjs";

interface Manifest {
  name: string;
  version: string;
  description: string;
  keywords: string[];
  license: string;
  exports: Record<string, string | Record<string, string>>;
  sideEffects: string[];
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
}

const root = join(import.meta.dirname, "../..");
const name = "@mcp-assistant/mcp-redis";
/** Only for hosts that use it beside our hooks. Its newest version requires one exact tRPC, so we do not import it. */
const notImported = "@trpc/react-query";

/** An app that has installed the packed package. */
let app: string;
let folder: string;
let files: string[];
let manifest: Manifest;

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), "packed-"));
  folder = join(app, "package");
  await pack(folder);
  await mkdir(join(app, "node_modules", dirname(name)), { recursive: true });
  await symlink(folder, join(app, "node_modules", name));
  files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  manifest = JSON.parse(await read("package.json"));
});
afterAll(() => rm(app, { recursive: true, force: true }));

const read = (path: string) => readFile(join(folder, path), "utf8");

/** What a module imports, including types, without Node's own modules. */
async function importsOf(path: string): Promise<string[]> {
  const found = [...(await read(path)).matchAll(specifiers)].map(([, , specifier = ""]) => specifier);
  return found.filter((specifier) => !isBuiltin(specifier));
}

const isRelative = (specifier: string) => specifier.startsWith(".");

/** `@scope/name/entry` → `@scope/name`. */
const packageOf = (specifier: string) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

/** What an entry loads when it runs: our modules and other packages. */
async function loadedBy(entry: string): Promise<{ modules: string[]; packages: string[] }> {
  const modules = new Set([entry]);
  const packages = new Set<string>();
  for (const path of modules) {
    for (const specifier of await importsOf(path)) {
      if (isRelative(specifier)) modules.add(join(dirname(path), specifier));
      else packages.add(packageOf(specifier));
    }
  }
  return { modules: [...modules], packages: [...packages].sort() };
}

describe("the packed package", () => {
  test("has its own manifest, with what to install and nothing of the workspace", async () => {
    expect(Object.keys(manifest)).toEqual([
      "name",
      "version",
      "description",
      "keywords",
      "license",
      "type",
      "sideEffects",
      "engines",
      "exports",
      "dependencies",
      "peerDependencies",
      "peerDependenciesMeta",
    ]);
    expect(JSON.stringify(manifest)).not.toMatch(/workspace:|catalog:/);
    for (const range of Object.values(manifest.dependencies)) expect(range).toMatch(/^\^\d+\.\d+\.\d+$/);
    const required = Object.keys(manifest.peerDependencies).filter(
      (peer) => !manifest.peerDependenciesMeta[peer]?.optional,
    );
    expect(required).toEqual(["@trpc/server"]);
    expect(files).toEqual(expect.arrayContaining(["README.md", "LICENSE", "llms.txt"]));
    const targets = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === "string" ? [entry] : Object.values(entry),
    );
    for (const target of [...targets, ...manifest.sideEffects])
      expect(existsSync(join(folder, target)), target).toBe(true);
  });

  test("imports only its own files and declared packages, and declares no others", async () => {
    const modules = files.filter((path) => path.startsWith("dist/") && /\.(?:js|d\.ts)$/.test(path));
    expect(modules.length).toBeGreaterThan(200);
    const imported = new Set<string>();
    for (const path of modules) {
      for (const specifier of await importsOf(path)) {
        if (isRelative(specifier)) {
          const target = join(dirname(path), path.endsWith(".d.ts") ? specifier.replace(/\.js$/, ".d.ts") : specifier);
          expect(files, `${path} imports ${specifier}`).toContain(target);
        } else imported.add(packageOf(specifier));
      }
    }
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    expect([...imported, notImported].sort()).toEqual(declared.sort());
  });

  test("requires a peer only where it is needed", async () => {
    const { packages: server } = await loadedBy("dist/server.js");
    expect(server).toEqual(expect.arrayContaining(["@trpc/server", "ioredis", "zod"]));
    expect(server.filter((each) => manifest.peerDependenciesMeta[each])).toEqual([]);
    const { packages: client } = await loadedBy("dist/client.js");
    // It loads eventsource only for a page with an `authToken`.
    expect(client).toEqual(["@tanstack/react-query", "@trpc/client", "eventsource", "react", "zod"]);
    expect((await loadedBy("dist/shared.js")).packages).toEqual(["zod"]);
  });

  test("maps each module and each type to its source, and contains no tests", async () => {
    const sources = new Set<string>();
    const mapped = files.filter((path) => /\.(?:js|d\.ts)$/.test(path));
    for (const path of mapped) {
      expect(await read(path), path).toMatch(/\/\/# sourceMappingURL=\S+\.map\s*$/);
      for (const source of JSON.parse(await read(`${path}.map`)).sources) sources.add(join(dirname(path), source));
    }
    expect(files.filter((path) => path.startsWith("src/")).sort()).toEqual([...sources].sort());
    expect(files.filter((path) => /\.(?:test|contract|fixture)\./.test(path))).toEqual([]);
  });
});

describe("a wrong import says which import to write", () => {
  test("the bare name", async () => {
    const imported = import(pathToFileURL(join(folder, "dist/index.js")).href);
    await expect(imported).rejects.toThrow(
      `Import from "${name}/server", "${name}/client" (React hooks) or "${name}/shared"`,
    );
  });

  /** Bundles an app that consists of one line. */
  async function bundle(line: string, platform: "browser" | "node", conditionNames: string[] = []) {
    const input = join(app, "line.js");
    await writeFile(input, line);
    const build = await rolldown({
      input,
      platform,
      resolve: { conditionNames },
      external: [
        ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).map(
          (each) => new RegExp(`^${each}(?:/|$)`),
        ),
        /^node:/,
      ],
      logLevel: "silent",
    });
    const { output } = await build.generate({ format: "esm" });
    return output[0].code;
  }

  test("for the server entry in a browser", async () => {
    const code = await bundle(`import "${name}/server";`, "browser");
    expect(code).toContain(`/server\\" runs on servers only`);
    expect(code).not.toContain("ioredis");
    const named = bundle(`import { createMcp } from "${name}/server"; createMcp({});`, "browser");
    await expect(named).rejects.toThrow(
      /"createMcp" is not exported by ".*server-is-not-for-browsers\.js"[\s\S]*line\.js/,
    );
  });

  test.each(["node", "workerd", "edge-light", "worker"])(
    "but not on a server, an edge runtime or a page test that resolves modules like %s",
    async (condition) => {
      const line = `import { createMcp } from "${name}/server"; createMcp({});`;
      expect(await bundle(line, "browser", [condition, "browser", "import"])).toContain("ioredis");
    },
  );

  test("nor when the platform is unknown", async () => {
    expect(await bundle(`import { createMcp } from "${name}/server"; createMcp({});`, "node")).toContain("ioredis");
  });
});

describe("our code in a page", () => {
  /** The size of `/client` in bytes, minified and compressed, without the named packages. */
  async function sizeWithout(external: string[]): Promise<number> {
    const build = await rolldown({
      input: join(folder, "dist/client.js"),
      platform: "browser",
      external: external.map((each) => new RegExp(`^${each}(?:/|$)`)),
      // Use the workspace's packages, which are the ones that the app would install.
      resolve: { alias: { zod: join(root, "packages/mcp-redis/node_modules/zod") } },
      logLevel: "silent",
    });
    const { output } = await build.generate({ format: "esm", minify: true });
    return gzipSync(output[0].code).length;
  }

  test("is at most 16 KB, and 44 KB with zod", async () => {
    const others = [...Object.keys(manifest.peerDependencies), "eventsource"];
    expect(await sizeWithout([...others, "zod"])).toBeLessThanOrEqual(16_000);
    expect(await sizeWithout(others)).toBeLessThanOrEqual(44_000);
  });

  test("imports zod as a namespace, because with `{ z }` esbuild keeps everything, including all languages", async () => {
    const { modules } = await loadedBy("dist/client.js");
    const texts = await Promise.all(modules.map(read));
    const imports = texts.flatMap((text) => text.match(/^import .* from "zod";$/gm) ?? []);
    expect(imports.length).toBeGreaterThan(5);
    expect(new Set(imports)).toEqual(new Set(['import * as z from "zod";']));
  });
});
