import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorCatalogue } from "./error-catalogue.js";
import { errorStatuses, mcpErrorCodeSchema } from "./error-code.js";

const codes = mcpErrorCodeSchema.options;

test("the catalogue has every code, and no other", () => {
  expect(Object.keys(errorCatalogue).sort()).toEqual([...codes].sort());
});

test.each(codes)("%s has its status, a short title and a hint", (code) => {
  const { status, title, hint } = errorCatalogue[code];
  expect(status).toBe(errorStatuses[code]);
  expect(title).toMatch(/^[A-Z][^.!]{2,39}$/);
  expect(hint).toMatch(/^[A-Z].{6,}\.$/);
});

test("titles tell the codes apart", () => {
  expect(new Set(Object.values(errorCatalogue).map(({ title }) => title)).size).toBe(codes.length);
});

test("the page about errors shows the status, title and hint of every code", () => {
  const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => /^\| `[A-Z_]+` /.test(line));
  const shown = rows.map((row) => row.split("|").map((cell) => cell.trim()));
  expect(shown.map(([, code, status, title, , hint]) => [code, status, title, hint]).sort()).toEqual(
    codes.map((code) => [`\`${code}\``, ...Object.values(errorCatalogue[code]).map(String)]).sort(),
  );
});
