import { expect, test } from "vitest";
import { someUser } from "../samples.fixture.js";
import { announcementWait, spendAnnouncements } from "./announcements.js";

test("a server that has caused 20 events waits, and no other one", () => {
  const [userId, storeId] = [someUser(), "store"];
  const [loud, quiet] = ["loud", "quiet"].map((sessionId) => ({ storeId, userId, sessionId }));
  if (!loud || !quiet) throw new Error("Both are there");
  for (let count = 0; count <= 20; count += 1) {
    expect(announcementWait(loud)).toBe(0);
    spendAnnouncements(loud, 1);
  }
  expect(announcementWait(loud)).toBeGreaterThan(0);
  expect(announcementWait(quiet)).toBe(0);
});

test("50 servers of one user cause 60 events at once, and other users' servers wait for nothing", () => {
  const [userId, storeId] = [someUser(), "store"];
  let events = 0;
  for (let round = 0; round < 20; round += 1) {
    for (let at = 0; at < 50; at += 1) {
      const session = { storeId, userId, sessionId: `${at}` };
      if (announcementWait(session) > 0) continue;
      spendAnnouncements(session, 1);
      events += 1;
    }
  }
  expect(events).toBeGreaterThanOrEqual(60);
  expect(events).toBeLessThanOrEqual(62);
  expect(announcementWait({ storeId, userId: someUser(), sessionId: "0" })).toBe(0);
});
