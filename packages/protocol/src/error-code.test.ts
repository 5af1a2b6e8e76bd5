import { expect, test } from "vitest";
import { errorCatalogue } from "./error-catalogue.js";
import { errorStatuses, mcpErrorCodeSchema, statusOf } from "./error-code.js";

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

test("the status of an error is that of its code, or 503 for a limit of the whole process", () => {
  for (const code of codes) expect(statusOf({ code })).toBe(errorStatuses[code]);
  expect(statusOf({ code: "LIMIT_EXCEEDED", retryAfter: 2_000 })).toBe(503);
  expect(statusOf({ code: "RATE_LIMITED", retryAfter: 2_000 })).toBe(429);
});

test("titles tell the codes apart", () => {
  expect(new Set(Object.values(errorCatalogue).map(({ title }) => title)).size).toBe(codes.length);
});
