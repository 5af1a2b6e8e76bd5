import { afterAll, beforeAll, expect, test } from "vitest";
import { type NextProcess, startNext } from "./next-process";

let app: NextProcess;

beforeAll(async () => {
  app = await startNext(new URL("..", import.meta.url).pathname, {
    env: (url) => ({ MCP_BASE_URL: url, MCP_COOKIE_SECRET: "m".repeat(40), MCP_TRUST_PROXY: "1" }),
  });
});
afterAll(() => app?.stop());

test.each(["/connections/%E0%A4%A/tools", "/connections/%/tools", "/%FF", "/api/mcp/%E0%A4%A", "/api/mcp/auth/%C0%80"])(
  "%s is a page that is not found, with a policy",
  async (path) => {
    const answer = await fetch(app.url + path);
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await answer.text()).toContain("<h1>Page not found</h1>");
  },
);

const list = "/api/mcp/trpc/mcp.connections.list";

/** A request from an address, as a proxy reports it. What the visitor wrote themself comes before it. */
const ask = (path: string, address: string, { cookie, method = "GET" }: { cookie?: string; method?: string } = {}) =>
  fetch(app.url + path, {
    method,
    headers: { "x-forwarded-for": `${Math.random()}, ${address}`, origin: app.url, ...(cookie ? { cookie } : {}) },
  });

const cookieIn = (answer: Response) => answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";

/** A new visitor who opens the app and whose page asks for their connections. */
async function becomeGuest(address: string) {
  const page = await ask("/connections", address);
  const cookie = cookieIn(page);
  const used = await ask(list, address, { cookie });
  return { page, cookie, used };
}

test("an address becomes 20 guests who use the app, then gets a page that says what to do; guests that exist and others are not concerned", async () => {
  const address = "203.0.113.7";
  const { page, used } = await becomeGuest(address);
  expect([page.status, used.status]).toEqual([200, 200]);
  const cookie = cookieIn(used);
  expect(cookie).toMatch(/^mcp_guest=./);
  for (let guest = 1; guest < 20; guest += 1) expect((await becomeGuest(address)).used.status).toBe(200);
  const refused = await ask("/connections", address);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(200);
  expect(refused.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(refused.headers.getSetCookie()).toEqual([]);
  expect(await refused.text()).toMatch(/Allow cookies for it, and try again in a few minutes/);
  expect((await ask("/connections", address, { cookie })).status).toBe(200);
  expect((await ask(list, address, { cookie })).status).toBe(200);
  expect((await becomeGuest("203.0.113.8")).used.status).toBe(200);
});

test("guests who are made in advance do not get past the limit: each counts when it is first used", async () => {
  const address = "203.0.113.9";
  const cookies = await Promise.all(Array.from({ length: 30 }, async () => cookieIn(await ask("/", address))));
  const uses = await Promise.all(cookies.map(async (cookie) => (await ask(list, address, { cookie })).status));
  expect(uses.filter((status) => status === 200)).toHaveLength(20);
  expect(uses.filter((status) => status === 429)).toHaveLength(10);
});

test.each<[string, string, string]>([
  ["a monitor that opens the page", "GET", "/"],
  ["a monitor that asks for the head", "HEAD", "/"],
  ["a wrong address", "GET", "/nothing-here"],
  ["a file that there is not", "GET", "/favicon.ico"],
  ["an API request without a guest", "GET", list],
])("%s never uses a guest, and counts for none", async (what, method, path) => {
  const address = `198.51.100.${what.length}`;
  for (let visit = 0; visit < 30; visit += 1) expect((await ask(path, address, { method })).status).not.toBe(429);
  expect((await becomeGuest(address)).used.status).toBe(200);
});

test("a visitor with many IPv6 addresses of one network counts as one", async () => {
  const statuses: number[] = [];
  for (let guest = 0; guest < 25; guest += 1) statuses.push((await becomeGuest(`2001:db8:1:2::${guest}`)).page.status);
  expect(statuses.filter((status) => status === 429)).toHaveLength(5);
});
