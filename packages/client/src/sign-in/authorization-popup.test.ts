import { hostileUrls } from "@mcp-assistant/testing/addresses";
import { describe, expect, test } from "vitest";
import { AuthorizationPopups, type Opener } from "./authorization-popup.js";

const server = "https://mcp.example.com/mcp";
const authUrl = "https://app.example/api/mcp/auth/start?session=s1";

/** A browser with named windows, as far as the popups can see it. `closed` is always true, as it is under COOP. */
function fakeBrowser({ blocks = false, throws = false, basePath = "/api/mcp" } = {}) {
  const windows = new Map<string, { history: string[]; isClosed: boolean }>();
  const opened: { url: string; name: string; features: string }[] = [];
  const opener: Opener = {
    location: { origin: "https://app.example" },
    open(url, name, features) {
      if (throws) throw new Error("Not allowed");
      opened.push({ url, name, features });
      if (blocks) return null;
      const present = windows.get(name);
      const target = present && !present.isClosed ? present : { history: [], isClosed: false };
      target.history.push(url);
      windows.set(name, target);
      return {
        closed: true,
        location: {
          replace(next: string) {
            target.history[target.history.length - 1] = next;
          },
        },
        close() {
          target.isClosed = true;
        },
      } as ReturnType<Opener["open"]>;
    },
  };
  return { opened, popups: new AuthorizationPopups(basePath, () => opener), all: () => [...windows.values()] };
}

test("the window opens at once, on our own page, which names only the host of the server's address", () => {
  const { opened, popups } = fakeBrowser();
  popups.open(server);
  expect(opened).toEqual([
    {
      url: "https://app.example/api/mcp/auth/start?server=mcp.example.com",
      name: `mcp-sign-in:${server}`,
      features: "popup,width=560,height=720",
    },
  ]);
});

test("with another basePath, our own page is there and nowhere else", () => {
  const { opened, popups } = fakeBrowser({ basePath: "/tools/mcp" });
  const moved = authUrl.replace("/api/mcp/", "/tools/mcp/");
  popups.open(server);
  expect(opened[0]?.url).toBe("https://app.example/tools/mcp/auth/start?server=mcp.example.com");
  expect(popups.signIn(server, moved)).toBe("opened");
  expect(popups.signIn(server, authUrl)).toBe("blocked");
});

test("a sign-in continues in the window", () => {
  const { popups, all } = fakeBrowser();
  expect(popups.open(server)(authUrl)).toBe("opened");
  expect(all()).toEqual([{ history: [authUrl], isClosed: false }]);
});

test("OpenHands#16880: a window that is not needed closes", () => {
  const { popups, all } = fakeBrowser();
  expect(popups.open(server)(null)).toBe("none");
  expect(all()).toMatchObject([{ isClosed: true }]);
});

describe("CVE-2025-58444, GHSA-g9hg-qhmf-q45m: windows open and go only to our own sign-in page", () => {
  test.each([
    ...hostileUrls,
    "https://app.example/api/mcp/auth/start/../../../../logout",
    "https://app.example/api/mcp/auth/callback?code=a",
    "https://ada:secret@app.example/api/mcp/auth/start?session=s1",
  ])("%j", (wrong) => {
    const { popups, opened, all } = fakeBrowser();
    expect(popups.open(server)(wrong)).toBe("blocked");
    expect(all()).toMatchObject([{ history: [expect.stringContaining("?server=")], isClosed: true }]);
    expect(popups.signIn(server, wrong)).toBe("blocked");
    expect(opened).toHaveLength(1);
  });
});

test.each([{ blocks: true }, { throws: true }])("a browser that refuses ($blocks, $throws) is reported", (refusal) => {
  const { popups } = fakeBrowser(refusal);
  expect(popups.open(server)(authUrl)).toBe("blocked");
  expect(popups.open(server)(null)).toBe("none");
  expect(popups.signIn(server, authUrl)).toBe("blocked");
});

test("a double click opens one window, and the first answer counts", () => {
  const { popups, all } = fakeBrowser();
  const [first, second] = [popups.open(server), popups.open(server)];
  expect(first(authUrl)).toBe("opened");
  expect(second(null)).toBe("opened");
  expect(all()).toMatchObject([{ isClosed: false }]);
  expect(all()[0]?.history.at(-1)).toBe(authUrl);
});

test("a click after the answer starts again, in a window of the same name", () => {
  const { popups, opened, all } = fakeBrowser();
  popups.open(server)(null);
  expect(popups.open(server)(authUrl)).toBe("opened");
  expect(opened[1]?.name).toBe(opened[0]?.name);
  expect(all()).toEqual([{ history: [authUrl], isClosed: false }]);
});

test("two servers have two windows", () => {
  const { popups, all } = fakeBrowser();
  const [one, other] = [popups.open(server), popups.open("https://other.example/mcp")];
  one(authUrl);
  other(null);
  expect(all()).toMatchObject([{ isClosed: false }, { isClosed: true }]);
});

test("a click on Sign in opens the sign-in page itself", () => {
  const { popups, opened } = fakeBrowser();
  expect(popups.signIn(server, authUrl)).toBe("opened");
  expect(opened[0]?.url).toBe(authUrl);
});

test.each([
  ["that a connect has sent on", (popups: AuthorizationPopups) => popups.open(server)(authUrl)],
  ["that a click on Sign in has opened", (popups: AuthorizationPopups) => popups.signIn(server, authUrl)],
])("a cancelled sign-in closes its window %s", (_, open) => {
  const { popups, all } = fakeBrowser();
  open(popups);
  popups.close(server, `${authUrl}2`);
  popups.close("https://other.example/mcp", authUrl);
  expect(all()).toMatchObject([{ isClosed: false }]);
  popups.close(server, authUrl);
  expect(all()).toMatchObject([{ isClosed: true }]);
});

test("cancelling one account's sign-in leaves a window that another account uses by now", () => {
  const { popups, all } = fakeBrowser();
  popups.open(server)(authUrl);
  popups.open(server)(`${authUrl}-of-the-second-account`);
  popups.close(server, authUrl);
  expect(all()).toMatchObject([{ isClosed: false }]);
});
