import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .map((name) => join(root, "docs", name));

const pages = [...["README.md", "CONTRIBUTING.md", "llms.txt"].map((name) => join(root, name)), ...docs];

/** A page without its blocks of code, which have neither headings nor links. */
const withoutCode = (text: string) => text.replace(/^ *```[\s\S]*?^ *```$/gm, "");

/** The anchors that GitHub gives to a page's headings. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutCode(text).matchAll(/^#+ (.+)$/gm)) {
    const shown = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const anchor = shown
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count += 1) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

/** The targets of a page's links and pictures that stay within the repository. */
function targetsOf(text: string): string[] {
  const links = withoutCode(text)
    .replace(/`[^`]*`/g, "")
    .matchAll(/\]\(([^)\s]+)\)/g);
  return [...links].map(([, target = ""]) => target).filter((target) => !/^[a-z]+:/.test(target));
}

/** Why a link of a page leads nowhere; undefined for one that works. */
function problemOf(target: string, { page, text }: { page: string; text: string }): string | undefined {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : resolve(dirname(page), path);
  if (!existsSync(file)) return `${target}: no such file`;
  if (anchor === undefined) return undefined;
  const there = file === page ? text : readFileSync(file, "utf8");
  return anchorsOf(there).has(anchor) ? undefined : `${target}: no such section`;
}

test("every link of the README, CONTRIBUTING, llms.txt and the docs leads somewhere", () => {
  const problems = pages.flatMap((page) => {
    const text = readFileSync(page, "utf8");
    return targetsOf(text).flatMap((target) => {
      const problem = problemOf(target, { page, text });
      return problem === undefined ? [] : `${relative(root, page)}: ${problem}`;
    });
  });
  expect(problems).toEqual([]);
});

test("a link to a missing file or section is found, and links in code are ignored", () => {
  const page = join(root, "docs/limits.md");
  const text = [
    "# What it `does`, and why\n## Twice\n## Twice",
    "[a](#what-it-does-and-why) [b](#twice-1) [c](#twice-2) ![d](images/none.png) [e](errors.md#none)",
    "[f](https://example.com/) `[g](none.md)` [h](../README.md)",
    "```md\n# Not a heading\n[i](none.md)\n```",
    "[j](#not-a-heading)",
  ].join("\n");
  expect(targetsOf(text).flatMap((target) => problemOf(target, { page, text }) ?? [])).toEqual([
    "#twice-2: no such section",
    "images/none.png: no such file",
    "errors.md#none: no such section",
    "#not-a-heading: no such section",
  ]);
});

test("every page of the docs is linked from docs/README.md", () => {
  const index = join(root, "docs/README.md");
  const linked = new Set(
    targetsOf(readFileSync(index, "utf8")).map((to) => resolve(dirname(index), to.replace(/#.*/, ""))),
  );
  expect(docs.filter((page) => page !== index && !linked.has(page)).map((page) => relative(root, page))).toEqual([]);
});
