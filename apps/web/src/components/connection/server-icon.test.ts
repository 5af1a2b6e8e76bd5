import { expect, test } from "vitest";
import { initialsOf } from "./server-icon";

test.each([
  ["Demo notes", "DN"],
  ["mcp.linear.app", "ML"],
  ["linear", "L"],
  ["127.0.0.1:3001", "1"],
  ["Überraschung öffnen", "ÜÖ"],
  ["  --  ", "?"],
])("%j is shown as %s", (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});
