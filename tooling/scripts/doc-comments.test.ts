import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

const sources = ["packages", "apps", "examples"].flatMap((folder) =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
    .flatMap(({ name }) => filesIn(join(root, folder, name))),
);

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(?:node_modules|dist|\..*)$/.test(entry.name) ? [] : filesIn(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

/** Comments are only looked for where a line or an expression begins, so that `"https://…"` is not taken for one. */
const comment = /\/\*\*?[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;

interface Source {
  file: string;
  comments: string;
  code: string;
}

function sourceOf(file: string, text: string): Source {
  return { file, comments: (text.match(comment) ?? []).join("\n"), code: text.replace(comment, "") };
}

const word = (name: string) => new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`);

/** What `{@link name}` names: what the file declares or imports and, after a dot, a member of that. */
function isThere(name: string, { code }: Source, all: readonly Source[]): boolean {
  const [outer = "", member] = name.split(".");
  if (!word(outer).test(code)) return false;
  if (member === undefined) return true;
  const declaration = new RegExp(`(?:class|interface|type|const) ${outer}(?![\\w$])`);
  return all.some((source) => declaration.test(source.code) && word(member).test(source.code));
}

/** The links of doc comments that lead nowhere. The compiler ignores them, and an editor shows them as plain text. */
function dangling(all: readonly Source[]): string[] {
  return all.flatMap((source) =>
    [...source.comments.matchAll(/\{@link[\s*]+([\w$.]+)(?![\w$.:])/g)]
      .map(([, name = ""]) => name)
      .filter((name) => !isThere(name, source, all))
      .map((name) => `${relative(root, source.file)}: ${name}`),
  );
}

/** The formatter keeps code within 120 columns, and leaves comments as they are. A few columns more do no harm. */
const maxWidth = 125;

const tooWide = ({ file, comments }: Source) =>
  comments.split("\n").flatMap((line) => (line.length > maxWidth ? [`${relative(root, file)}: ${line.trim()}`] : []));

const all = sources.map((file) => sourceOf(file, readFileSync(file, "utf8")));

test("every link of a doc comment names something that its file declares or imports", () => {
  expect(all.length).toBeGreaterThan(100);
  expect(dangling(all)).toEqual([]);
});

test("a link to a name or member that is not there is found", () => {
  const used = sourceOf(join(root, "a.ts"), "export interface Used { member: string }\n");
  const text = [
    'import type { Used } from "./a.js"; // {@link Comment}',
    "/** {@link Used}, {@link Used.member}, {@link Used.gone}, {@link Gone}, {@link https://a.example}",
    " * {@link other | text} */",
    'export const other = "{@link InText}";',
  ].join("\n");
  expect(dangling([used, sourceOf(join(root, "b.ts"), text)])).toEqual([
    "b.ts: Comment",
    "b.ts: Used.gone",
    "b.ts: Gone",
  ]);
});

test("no line of a comment is too wide", () => {
  expect(tooWide({ file: join(root, "a.ts"), comments: `/** ${"wide ".repeat(30)}*/`, code: "" })).toHaveLength(1);
  expect(all.flatMap(tooWide)).toEqual([]);
});
