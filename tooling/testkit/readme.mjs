import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** The code of docs/mounting.md is from the examples, as another test checks. */
const docs = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md") && name !== "mounting.md");

const pages = ["README.md", ...docs.sort().map((name) => `docs/${name}`)];

const text = pages.map((page) => readFileSync(join(root, page), "utf8")).join("\n");

export const codeBlocks = (text.match(/```tsx?\n/g) ?? []).length;

export const readmeFiles = Object.fromEntries(
  [...text.matchAll(/```tsx?\n\/\/ (\S+)\n(.*?)```/gs)].map(([, path, code]) => [path, code]),
);

export const authFile = `export async function auth(request: Request): Promise<{ id: string } | null> {
  const id = request.headers.get("x-test-user");
  return id === null ? null : { id };
}
`;
