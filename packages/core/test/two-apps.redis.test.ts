import { expect, test } from "vitest";
import { twoApps } from "./two-apps.js";

test("apps on one Redis whose users have the same ids hear nothing of each other", async () => {
  expect(await twoApps({ users: 10, events: 50 })).toEqual({ delivered: 1_500, foreign: [], outOfOrder: 0 });
});
