import { expect, test } from "vitest";
import { fileName } from "./file-name";

test.each([
  ["note:///1", "text/markdown", "1.md"],
  ["file:///home/me/report.pdf?page=2#top", "application/pdf", "report.pdf"],
  ["https://example.com/", undefined, "example.com"],
  ["x:..", "text/plain; charset=utf-8", "resource.txt"],
  ["x:\u202egpj.exe <b>", undefined, "gpj.exe_b_"],
  [`x:${"y".repeat(9_000)}`, undefined, "y".repeat(80)],
])("%s of type %s is saved as %s", (uri, mimeType, name) => {
  expect(fileName(uri, mimeType)).toBe(name);
});
