import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const serverPackages = ["@trpc/server", "zod"];
const browserPackages = ["@tanstack/react-query", "@trpc/client", "react"];

/** The third-party packages that each entry's types may name. The client's types come from the server's router. */
const allowed = { server: serverPackages, client: [...serverPackages, ...browserPackages], shared: ["zod"] };

const specifiers = /(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g;

/** The third-party packages that a declaration file leads to, each with the path to it. */
function reachedFrom(url: string, way: readonly string[] = [], seen = new Set<string>()): Map<string, string> {
  const reached = new Map<string, string>();
  if (seen.has(url)) return reached;
  seen.add(url);
  const here = [...way, url.replace(/^.*\/packages\//, "")];
  for (const [, name = ""] of readFileSync(fileURLToPath(url), "utf8").matchAll(specifiers)) {
    const next = declarationsOf(name, url);
    const found = next ? reachedFrom(next, here, seen) : new Map([[packageOf(name), here.join(" → ")]]);
    for (const [other, how] of found) if (!reached.has(other)) reached.set(other, how);
  }
  return reached;
}

function declarationsOf(name: string, from: string): string | undefined {
  if (name.startsWith(".")) return new URL(name.replace(/\.js$/, ".d.ts"), from).href;
  if (!name.startsWith("@mcp-assistant/")) return undefined;
  const manifest = createRequire(from).resolve(`${name}/package.json`);
  return new URL("dist/index.d.ts", pathToFileURL(manifest)).href;
}

const packageOf = (name: string) =>
  name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");

test.each(Object.entries(allowed))(
  "the types of /%s name only third-party packages that a host has, too",
  (entry, names) => {
    const reached = reachedFrom(new URL(`../dist/${entry}.d.ts`, import.meta.url).href);
    expect(reached.size).toBeGreaterThan(0);
    const others = [...reached].filter(([name]) => !names.includes(name));
    expect(Object.fromEntries(others)).toEqual({});
  },
);
