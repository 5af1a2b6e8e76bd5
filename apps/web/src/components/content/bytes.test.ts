import { expect, test } from "vitest";
import { byteCount, bytesOf, sizeText } from "./bytes";

test.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [999, "999 bytes"],
  [1_500, "1.5 kB"],
  [12_345_678, "12 MB"],
  [5e12, "5000 GB"],
])("%d bytes are shown as %s", (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});

test.each(["", "YQ==", "YWI=", "YWJj"])("the size of %j is known without decoding it", (base64) => {
  expect(byteCount(base64)).toBe(bytesOf(base64)?.length);
});

test("what is not base64 has no bytes", () => {
  expect(bytesOf("<not base64>")).toBeUndefined();
});
