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

/** A first visit from an address, as a proxy reports it. What the visitor wrote themself comes before it. */
const visit = (address: string, cookie?: string) =>
  fetch(`${app.url}/connections`, {
    headers: { "x-forwarded-for": `${Math.random()}, ${address}`, ...(cookie ? { cookie } : {}) },
  });

test("an address becomes 20 guests, then gets a page that says what to do; guests that exist and others are not concerned", async () => {
  const first = await visit("203.0.113.7");
  const cookie = first.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  expect([first.status, cookie]).toEqual([200, expect.stringMatching(/^mcp_guest=./)]);
  for (let guest = 1; guest < 20; guest += 1) expect((await visit("203.0.113.7")).status).toBe(200);
  const refused = await visit("203.0.113.7");
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(200);
  expect(refused.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(refused.headers.getSetCookie()).toEqual([]);
  expect(await refused.text()).toMatch(/Allow cookies for it, and try again in a few minutes/);
  expect((await visit("203.0.113.7", cookie)).status).toBe(200);
  expect((await visit("203.0.113.8")).status).toBe(200);
});

test("a visitor with many IPv6 addresses of one network counts as one", async () => {
  const statuses: number[] = [];
  for (let guest = 0; guest < 25; guest += 1) statuses.push((await visit(`2001:db8:1:2::${guest}`)).status);
  expect(statuses.filter((status) => status === 429)).toHaveLength(5);
});
