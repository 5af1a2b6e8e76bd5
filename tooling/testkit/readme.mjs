import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Other tests check these: the code of the first is from the examples, and that of the second is built as an app. */
const checkedElsewhere = ["mounting.md", "vite-express.md"];

const docs = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md") && !checkedElsewhere.includes(name));

const read = (page) => readFileSync(join(root, page), "utf8");

const text = ["README.md", ...docs.sort().map((name) => `docs/${name}`)].map(read).join("\n");

export const codeBlocks = (text.match(/```tsx?\n/g) ?? []).length;

const filesIn = (markdown, languages) =>
  Object.fromEntries(
    [...markdown.matchAll(new RegExp(`\`\`\`(?:${languages})\n(?://|#) (\\S+)\n(.*?)\`\`\``, "gs"))].map(
      ([, path, code]) => [path, code],
    ),
  );

export const readmeFiles = filesIn(text, "tsx?");

export const filesOf = (page) => filesIn(read(page), "tsx?|js|sh");

export const installedBy = (page) =>
  [...read(page).matchAll(/^npm install ([^#\n]+)/gm)].flatMap(([, names]) => names.trim().split(" "));

export const authFile = `export async function auth(request: Request): Promise<{ id: string } | null> {
  const id = request.headers.get("x-test-user");
  return id === null ? null : { id };
}
`;
