import { readFileSync } from "node:fs";
import { join } from "node:path";

const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");

export const codeBlocks = (readme.match(/```tsx?\n/g) ?? []).length;

export const readmeFiles = Object.fromEntries(
  [...readme.matchAll(/```tsx?\n\/\/ (\S+)\n(.*?)```/gs)].map(([, path, text]) => [path, text]),
);

export const authFile = `export async function auth(request: Request): Promise<{ user: { id: string } } | null> {
  const id = request.headers.get("x-test-user");
  return id === null ? null : { user: { id } };
}
`;
