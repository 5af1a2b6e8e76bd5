import { describe, expect, inject, test } from "vitest";
import { openPage } from "./browser";
import { axeViolations, scrollsSideways } from "./harness";

const app = inject("app");

const guestCookie = /^mcp_guest=(guest_[\w-]{22,})\.[\w-]+; /;
const guestOf = (response: Response) => guestCookie.exec(response.headers.get("set-cookie") ?? "")?.[1];

describe("guest identity", () => {
  test("the first visit creates one, in a cookie that scripts and other sites cannot use", async () => {
    const { page, context, consoleErrors } = await openPage();
    await page.goto(app.url);
    expect(page.url()).toBe(`${app.url}/connections`);
    const [cookie, ...others] = await context.cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({ name: "mcp_guest", httpOnly: true, sameSite: "Lax", secure: false, path: "/" });
    expect(cookie?.value).toMatch(/^guest_[\w-]{22,}\.[\w-]{43}$/);
    const days = ((cookie?.expires ?? 0) - Date.now() / 1_000) / 86_400;
    expect(Math.round(days)).toBe(365);

    await page.reload();
    expect((await context.cookies())[0]?.value).toBe(cookie?.value);
    expect(consoleErrors).toEqual([]);
    await context.close();
  });

  test("a forged one is replaced, and a genuine one stays", async () => {
    const first = await fetch(`${app.url}/connections`);
    const genuine = (first.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    expect(guestOf(first)).toBeDefined();
    const again = await fetch(`${app.url}/connections`, { headers: { cookie: genuine } });
    expect(again.headers.get("set-cookie")).toBeNull();

    const forged = genuine.replace("guest_", "guest_x");
    const replaced = await fetch(`${app.url}/connections`, { headers: { cookie: forged } });
    expect(guestOf(replaced)).toBeDefined();
    expect(guestOf(replaced)).not.toBe(guestOf(first));
  });

  test("a response that sets one must not be cached", async () => {
    const response = await fetch(`${app.url}/connections`);
    expect(response.headers.get("cache-control")).toContain("no-store");
  });

  test("API requests and writes get none", async () => {
    const requests = [fetch(`${app.url}/api/anything`), fetch(`${app.url}/connections`, { method: "POST" })];
    for (const response of await Promise.all(requests)) expect(response.headers.get("set-cookie")).toBeNull();
  });
});

describe("host names", () => {
  test("a visit under another loopback name is redirected to the same path under the base URL", async () => {
    const { page, context } = await openPage();
    await page.goto(`http://localhost:${app.ports.web}/connections?from=localhost`);
    expect(page.url()).toBe(`${app.url}/connections?from=localhost`);
    expect(await context.cookies(`http://localhost:${app.ports.web}`)).toEqual([]);
    await context.close();
  });

  test("other names are refused, with the right address", async () => {
    const { status, body } = await getAs("rebound.example.com", "/connections");
    expect(status).toBe(421);
    expect(body).toBe(`This app is served at ${app.url}, not at rebound.example.com.\n`);
  });

  test("the API answers only under the base URL's own name", async () => {
    expect((await getAs(`localhost:${app.ports.web}`, "/api/anything")).status).toBe(421);
  });
});

/** fetch always sets the Host header itself; node:http lets us choose it. */
async function getAs(host: string, path: string): Promise<{ status: number | undefined; body: string }> {
  const { get } = await import("node:http");
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port: app.ports.web, path, headers: { host } }, async (response) => {
      let body = "";
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode, body });
    }).once("error", reject);
  });
}

test.each([
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 390 },
] as const)("the page is accessible and fits: $colorScheme, $width px", async (look) => {
  const { page, context, consoleErrors } = await openPage(look);
  await page.goto(app.url);
  await page.getByRole("heading", { level: 1, name: "Connections" }).waitFor();
  await page.getByRole("radio", { name: "System", checked: true }).waitFor();
  expect(await axeViolations(page)).toEqual([]);
  expect(await scrollsSideways(page)).toBe(false);
  expect(consoleErrors).toEqual([]);
  await context.close();
});

test("the chosen theme survives a reload", async () => {
  const { page, context } = await openPage({ colorScheme: "light" });
  await page.goto(app.url);
  const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  expect(await scheme()).toBe("light");
  await page.getByRole("radio", { name: "Dark" }).click();
  expect(await scheme()).toBe("dark");
  await page.reload();
  expect(await scheme()).toBe("dark");
  await page.getByRole("radio", { name: "Dark", checked: true }).waitFor();
  await context.close();
});
