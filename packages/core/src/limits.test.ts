import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { limitTable, resolveLimits } from "./limits.js";

const wrong = (name: string, max: number) =>
  expect.objectContaining({
    code: "CONFIGURATION_INVALID",
    message: expect.stringContaining(`limits.${name} is`),
    hint: expect.stringContaining(`from 1 to ${max}.`),
  });

const rows = readFileSync(new URL("../../../docs/limits.md", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .map((line) => line.split("|").map((cell) => cell.trim()));

/** The value as the tables of docs/limits.md write it. */
function written(value: number, unit: string | undefined): string {
  if (unit === "milliseconds") return `${value / 1_000} s`;
  if (unit === "bytes") return value % 2 ** 20 === 0 ? `${value / 2 ** 20} MiB` : `${value / 2 ** 10} KiB`;
  return spaced(value);
}

const source = readFileSync(new URL("./limits.ts", import.meta.url), "utf8");

/** The comment that an editor shows for a limit. */
const commentOf = (name: string) => new RegExp(`/\\*\\*((?:(?!\\*/).)*)\\*/\\s+${name}:`, "s").exec(source)?.[1];

const spaced = (value: number) => value.toLocaleString("en").replaceAll(",", " ");

describe.each(Object.entries(limitTable))("limits.%s", (name, { default: usual, max, unit }) => {
  test("has its default when left out", () => {
    expect(resolveLimits()).toMatchObject({ [name]: usual });
  });

  test.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, max + 1])("of %s is refused", (value) => {
    expect(() => resolveLimits({ [name]: value })).toThrow(wrong(name, max));
  });

  test.each([1, max])("of %s is used, and the other limits keep their defaults", (value) => {
    expect(resolveLimits({ [name]: value })).toEqual({ ...resolveLimits(), [name]: value });
  });

  test("is in docs/limits.md with its default", () => {
    const row = rows.find((cells) => cells.some((cell) => cell.includes(`\`${name}\``)));
    expect(row).toBeDefined();
    expect(row).toContain(written(usual, unit));
  });

  test("states its default in its comment", () => {
    expect(commentOf(name)).toContain(`${spaced(usual)} `);
    expect(commentOf(name)).toContain("by default");
  });
});

test("a value that is not a number is refused, too", () => {
  for (const value of ["60", null, {}, true]) {
    expect(() => resolveLimits(JSON.parse(JSON.stringify({ tools: value })))).toThrow(wrong("tools", 100_000));
  }
});

test("the longest connect and list timeouts are shorter than the 20 s lease of their step", () => {
  for (const name of ["connectTimeout", "listTimeout"]) expect(limitTable[name]?.max).toBeLessThan(20_000);
});
