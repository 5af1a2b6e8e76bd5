import { hostileUrls } from "@mcp-assistant/testing/addresses";
import { expect, inject, onTestFinished, test } from "vitest";
import { openPage } from "./browser";
import { cardOf, demoCard } from "./person";

const app = inject("app");

/** What the page stores for this test: the address to put into its events, and every URL that it has tried to open. */
interface Tampered {
  hostile: string | undefined;
  opened: string[];
}

/** Runs in the page before its scripts. */
function tamperWithEvents(): void {
  const kept: Tampered = { hostile: undefined, opened: [] };
  const { open, EventSource: Genuine } = globalThis;
  class EventSource extends Genuine {
    constructor(url: string | URL, init?: EventSourceInit) {
      super(url, init);
      const listen = this.addEventListener.bind(this);
      const addEventListener = (type: string, listener: (event: Event) => void) =>
        listen(type, (event: Event) => listener(tampered(event)));
      Object.assign(this, { addEventListener });
    }
  }
  function tampered(event: Event): Event {
    if (!(event instanceof MessageEvent) || kept.hostile === undefined) return event;
    const data = String(event.data).replaceAll(/"authUrl":"[^"]*"/g, `"authUrl":${JSON.stringify(kept.hostile)}`);
    return new MessageEvent(event.type, { data, lastEventId: event.lastEventId });
  }
  Object.assign(globalThis, {
    kept,
    EventSource,
    open: (...given: Parameters<typeof open>) => {
      kept.opened.push(String(given[0]));
      return open.apply(globalThis, given);
    },
  });
}

test("CVE-2025-58444, GHSA-g9hg-qhmf-q45m, OpenHands#16880: no window or link follows an address from a tampered response or event", async () => {
  const { page, context } = await openPage();
  onTestFinished(() => context.close());
  const visited: string[] = [];
  const dialogs: string[] = [];
  context.on("request", (request) => visited.push(request.url()));
  context.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  let hostile = "";
  await page.route("**/mcp.connections.*", async (route) => {
    const response = await route.fetch();
    const text = await response.text();
    await route.fulfill({
      response,
      body: text.replaceAll(/"authUrl":"[^"]*"/g, () => `"authUrl":${JSON.stringify(hostile)}`),
    });
  });
  await page.addInitScript(tamperWithEvents);
  await page.goto(app.url);
  await page.getByText("Live", { exact: true }).waitFor();
  const card = cardOf(page, "Demo notes");
  for (hostile of hostileUrls) {
    await page.evaluate((address) => {
      (globalThis as unknown as { kept: Tampered }).kept.hostile = address;
    }, hostile);
    const isKnown = (await card.count()) > 0;
    await (isKnown ? card : demoCard(page, "Demo notes")).getByRole("button", { name: "Connect" }).click();
    await card.getByText("Waiting for sign-in").waitFor();
    await expect.poll(() => context.pages().length, { message: `the window of ${hostile}` }).toBe(1);
    expect(await page.getByRole("link", { name: /sign-in|in this tab/i }).count(), hostile).toBe(0);
    const targets = await page
      .locator("a")
      .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
    for (const target of targets) expect(new URL(target).origin, hostile).toBe(app.url);
    await card.getByRole("button", { name: "Cancel" }).click();
    await card.getByText("Disconnected").waitFor();
  }
  const opened = await page.evaluate(() => (globalThis as unknown as { kept: Tampered }).kept.opened);
  expect(opened).toHaveLength(hostileUrls.length);
  expect(new Set(opened)).toEqual(new Set([`${app.url}/api/mcp/auth/start?server=127.0.0.1%3A${app.ports.oauth}`]));
  expect(visited.filter((url) => new URL(url).origin !== app.url && !url.startsWith("data:"))).toEqual([]);
  expect(dialogs).toEqual([]);
});
