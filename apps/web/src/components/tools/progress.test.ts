import { expect, test } from "vitest";
import { announcesNow, progressText } from "./progress";

test.each([
  [{ progress: 3, total: 8, message: "Copying files" }, "Copying files, 3 of 8"],
  [{ progress: 1_234.56, total: 8_000 }, "1,234.6 of 8,000"],
  [{ progress: 3 }, "3"],
])("progress %o reads as %s", (progress, text) => {
  expect(progressText(progress)).toBe(text);
});

test("progress is announced at first, and then not more often than every ten seconds", () => {
  let now = 5;
  const announces = announcesNow(() => now);
  const heard = [0, 1_000, 9_999, 10_000, 15_000, 20_000].map((at) => {
    now = at;
    return announces();
  });
  expect(heard).toEqual([true, false, false, true, false, true]);
});
