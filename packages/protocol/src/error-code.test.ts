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
