import { expect, test } from "vitest";
import { twoApps } from "./two-apps.js";

test("apps on one Redis whose users have the same ids hear nothing of each other in 12 000 events", async () => {
  expect(await twoApps({ users: 40, events: 100 })).toEqual({ delivered: 12_000, foreign: [], outOfOrder: 0 });
});
