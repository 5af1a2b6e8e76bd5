import { expect, test, vi } from "vitest";
import { TabElection } from "./tab-election.js";
import { TestTabs } from "./tabs.fixture.js";
import type { Tabs } from "./tabs.js";

function stand(tabs: Tabs, userKey = "ada") {
  const said: string[] = [];
  const election = new TabElection({
    tabs,
    userKey,
    elected: () => said.push("elected"),
    deposed: () => said.push("deposed"),
  });
  election.stand();
  return { election, said };
}

/** Long enough for a busy machine. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

test("one tab of a user leads, and the next one when it leaves", async () => {
  const browser = new TestTabs();
  const [first, second, third, stranger] = [
    stand(browser.open()),
    stand(browser.open()),
    stand(browser.open()),
    stand(browser.open(), "bob"),
  ];
  await until(() => expect([first.said, stranger.said]).toEqual([["elected"], ["elected"]]));
  await settled();
  expect([second.said, third.said]).toEqual([[], []]);
  second.election.leave();
  first.election.leave();
  await until(() => expect(third.said).toEqual(["elected"]));
  expect([first.said, second.said]).toEqual([["elected"], []]);
});

test("a tab that leaves as soon as it is elected does not keep the lock", async () => {
  const browser = new TestTabs();
  const hasty = new TabElection({
    tabs: browser.open(),
    userKey: "ada",
    elected: () => hasty.leave(),
    deposed: () => undefined,
  });
  hasty.stand();
  const next = stand(browser.open());
  await until(() => expect(next.said).toEqual(["elected"]));
});

test("a tab that takes over leads at once, and the previous leader is notified and stands again", async () => {
  const browser = new TestTabs();
  const [first, second] = [stand(browser.open()), stand(browser.open())];
  await until(() => expect(first.said).toEqual(["elected"]));
  second.election.takeOver();
  await until(() => expect(second.said).toEqual(["elected"]));
  await until(() => expect(first.said).toEqual(["elected", "deposed"]));
  second.election.leave();
  await until(() => expect(first.said).toEqual(["elected", "deposed", "elected"]));
});

test("if the browser refuses locks, each tab leads itself", async () => {
  const requestLock = () => Promise.reject(new DOMException("No locks here", "SecurityError"));
  const { said } = stand({ requestLock, openChannel: new TestTabs().open().openChannel });
  await until(() => expect(said).toEqual(["elected"]));
});
