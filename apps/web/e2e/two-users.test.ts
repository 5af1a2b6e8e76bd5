import type { Page } from "playwright-core";
import { expect, inject, test } from "vitest";
import { openPage } from "./browser";
import { allow, cardOf, demoCard, openConsent, openedSession } from "./person";

const app = inject("app");

/** Calls a procedure from a page, with its user's cookie. */
function call(page: Page, procedure: string, input: unknown, method: "GET" | "POST" = "POST") {
  return page.evaluate(
    async ([path, body, verb]) => {
      const url = `/api/mcp/trpc/mcp.${path}`;
      const response =
        verb === "GET"
          ? await fetch(`${url}?input=${encodeURIComponent(body)}`)
          : await fetch(url, { method: verb, headers: { "content-type": "application/json" }, body });
      return { status: response.status, text: await response.text() };
    },
    [procedure, JSON.stringify(input), method] as const,
  );
}

test("two users never see or change each other's connections", async () => {
  const [ada, bob] = await Promise.all([openPage(), openPage()]);
  for (const { page } of [ada, bob]) {
    await page.goto(app.url);
    await page.getByText("Live", { exact: true }).waitFor();
  }
  const connect = () => demoCard(ada.page, "Demo notes").getByRole("button", { name: "Connect" }).click();
  await allow(await openConsent(ada.context, connect));
  await cardOf(ada.page, "Demo notes").getByText("Connected · 3 tools").waitFor();
  await cardOf(ada.page, "Demo notes").getByRole("link", { name: "Open tools" }).click();
  const sessionId = await openedSession(ada.page);

  await demoCard(bob.page, "Demo tools").getByRole("button", { name: "Connect" }).click();
  await cardOf(bob.page, "Demo tools").getByText("Connected · 4 tools").waitFor();
  expect(await cardOf(bob.page, "Demo notes").count()).toBe(0);
  const { text: listed } = await call(bob.page, "connections.list", undefined, "GET");
  expect(listed).toContain("Demo tools");
  expect(listed).not.toContain(sessionId);

  for (const procedure of [
    "connections.refreshSession",
    "connections.disconnect",
    "connections.reconnect",
    "connections.signOut",
    "connections.remove",
  ]) {
    const answer = await call(bob.page, procedure, { sessionId });
    expect(answer, procedure).toMatchObject({ status: 404, text: expect.stringContaining("Session not found") });
  }
  const called = await call(bob.page, "tools.call", { sessionId, name: "search_notes", arguments: { query: "" } });
  expect(called).toMatchObject({ status: 404, text: expect.stringContaining("Session not found") });
  const tools = await call(bob.page, "tools.list", { sessionId }, "GET");
  expect(tools).toMatchObject({ status: 404, text: expect.stringContaining("Session not found") });
  await bob.page.goto(`${app.url}/api/mcp/auth/start?session=${encodeURIComponent(sessionId)}`);
  await bob.page.getByRole("heading", { name: "Connection not found" }).waitFor();
  await bob.page.goto(`${app.url}/connections/${encodeURIComponent(sessionId)}/tools`);
  await bob.page
    .getByText(/not found/i)
    .first()
    .waitFor();
  await bob.page.goto(`${app.url}/events`);
  await bob.page.getByText("Live", { exact: true }).waitFor();
  expect(await bob.page.content()).not.toContain("Demo notes");

  await ada.page.goto(app.url);
  await cardOf(ada.page, "Demo notes").getByText("Connected · 3 tools").waitFor();
  expect(await cardOf(ada.page, "Demo tools").count()).toBe(0);
  expect(ada.consoleErrors).toEqual([]);
  await Promise.all([ada.context.close(), bob.context.close()]);
});
