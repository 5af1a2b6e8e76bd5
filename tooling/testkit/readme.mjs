import { readFileSync } from "node:fs";
import { join } from "node:path";

const pages = [
  "README.md",
  "docs/best-practices.md",
  "docs/configuration.md",
  "docs/mcp-client.md",
  "docs/mounting-trpc.md",
  "docs/react.md",
  "docs/sse.md",
];

const text = pages.map((page) => readFileSync(join(import.meta.dirname, "../..", page), "utf8")).join("\n");

export const codeBlocks = (text.match(/```tsx?\n/g) ?? []).length;

export const readmeFiles = Object.fromEntries(
  [...text.matchAll(/```tsx?\n\/\/ (\S+)\n(.*?)```/gs)].map(([, path, code]) => [path, code]),
);

export const authFile = `export async function auth(request: Request): Promise<{ id: string } | null> {
  const id = request.headers.get("x-test-user");
  return id === null ? null : { id };
}
`;
