import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { beforeAll, describe, expect, test } from "vitest";
import { appWith, baseUrl } from "./auth-pages.fixture.js";

let notes: Awaited<ReturnType<typeof startOauthServer>>;

beforeAll(async () => {
  notes = await startOauthServer();
  return notes.close;
});

/** If this is found in an answer, the rest of the payload got through, too. */
const mark = "f00zz";

/** Named by what a browser would take them for if they came out unescaped. */
const payloads: readonly (readonly [string, string])[] = [
  ["a script", `<script>${mark}()</script>`],
  ["an image", `<img src=x onerror=${mark}()>`],
  ["a vector image", `<svg/onload=${mark}()>`],
  ["the end of an attribute", `" autofocus onfocus=${mark}() x="`],
  ["the end of the other kind of attribute", `' onmouseover='${mark}()`],
  ["the end of the title", `</title><script>${mark}()</script>`],
  ["the end of a style", `</style><script>${mark}()</script>`],
  ["the end of a script", `</script><script>${mark}()</script>`],
  ["a comment", `--><script>${mark}()</script><!--`],
  ["a JavaScript address", `javascript:${mark}()`],
  ["a page in an address", `data:text/html,<script>${mark}()</script>`],
  ["a server-side template", `{{${mark}}}\${${mark}}<%= ${mark} %>#{${mark}}`],
  ["a template literal", `\`+${mark}()+\``],
  ["a script in JavaScript's own quotes", `';${mark}();//`],
  ["line breaks", `a\r\nset-cookie: ${mark}=1\r\n\r\n<script>${mark}()</script>`],
  ["other line breaks", `a\u2028${mark}\u2029\u0085${mark}`],
  ["null bytes", `a\u0000<script>${mark}()</script>\u0000`],
  ["half a surrogate", `\ud800${mark}<b>`],
  ["text that runs backwards", `\u202e${mark}<b>\u202c`],
  ["an encoded script", `%3Cscript%3E${mark}()%3C/script%3E`],
  ["a doubly encoded script", `%253Cscript%253E${mark}()%253C/script%253E`],
  ["a script with full-width brackets", `\uff1cscript\uff1e${mark}\uff1c/script\uff1e`],
  ["a path traversal", `../../../etc/passwd?${mark}`],
  ["the name of a prototype", "__proto__"],
  ["the name of a constructor", "constructor"],
  ["JSON", `{"$gt":"","a":"${mark}<b>"}`],
  ["a Redis command", `*\r\n$4\r\nKEYS\r\n${mark}<b>`],
  ["nothing", ""],
  ["100,000 characters", `<b>${mark}${"A".repeat(100_000)}`],
];

/** The parameters that each route could read. */
const routes = {
  callback: ["error", "error_description", "state", "code", "iss", "session", "returnTo"],
  start: ["session", "returnTo", "server", "error"],
  result: ["error", "returnTo"],
} as const;

/** How a parameter can be written: alone, twice, or as frameworks write arrays and objects. */
const shapes: readonly (readonly [string, (name: string, value: string) => [string, string][]])[] = [
  ["alone", (name, value) => [[name, value]]],
  [
    "twice",
    (name, value) => [
      [name, value],
      [name, `${value}2`],
    ],
  ],
  ["as an array", (name, value) => [[`${name}[]`, value]]],
  ["as an object", (name, value) => [[`${name}[${value}]`, value]]],
];

describe.each(Object.entries(routes))(
  "GHSA-cvhv-6xm6-c3v4, GHSA-gh95-xx4q-qch8: no parameter of %s breaks out of the page",
  (route, parameters) => {
    test.each(payloads)("%s", async (_what, value) => {
      const app = appWith(notes);
      for (const name of parameters) {
        // The other parameters are valid, so that the fuzzed one gets as far as it can. The first callback uses up
        // the attempt.
        const { sessionId, authUrl, consent, cookie } = await app.signingIn();
        const state = new URL(consent).searchParams.get("state") ?? "";
        const right = route === "start" ? { session: sessionId } : { state, iss: notes.issuer, code: "a-code" };
        for (const [shape, write] of shapes) {
          const url = new URL(authUrl);
          url.pathname = `/api/mcp/auth/${route}`;
          if (route === "result") url.pathname += `/${encodeURIComponent(value.replaceAll(/\p{Surrogate}/gu, ""))}`;
          const given = write(name, value);
          const rest = Object.entries(right).filter(([key]) => !given.some(([other]) => other === key));
          url.search = new URLSearchParams([...given, ...rest]).toString();
          for (const cookies of [cookie, ""]) await check(app, url, { cookies, what: `${name} ${shape}` });
        }
      }
    });

    test("bytes that are not valid text", async () => {
      const app = appWith(notes);
      const { cookie } = await app.signingIn();
      for (const name of parameters) {
        for (const bytes of ["%ff%fe", "%c0%af", "%zz", "%", "%u003cscript%u003e", "+%2b", "=", "&&"]) {
          const path = route === "result" ? `result/${bytes}` : route;
          const url = new URL(`${baseUrl}/api/mcp/auth/${path}?${name}=${bytes}`);
          await check(app, url, { cookies: cookie, what: `${name}=${bytes}` });
        }
      }
    });
  },
);

test("a host name from a proxy is escaped", async () => {
  const app = appWith(notes, { baseUrl: "https://app.example.com", trustProxy: true });
  for (const [what, value] of payloads) {
    if (!/^[\x20-\x7e]+$/.test(value)) continue;
    const page = await app.get("/api/mcp/auth/start?session=a", { "x-forwarded-host": value });
    expect(page.status, what).toBe(400);
    const text = await page.text();
    expect(text, what).not.toMatch(/<(?:script|img|svg)|["']\s*(?:autofocus|onmouseover)|<!--/);
  }
});

const known = new Set([
  "cache-control",
  "content-security-policy",
  "content-type",
  "cross-origin-resource-policy",
  "location",
  "referrer-policy",
  "set-cookie",
  "x-content-type-options",
]);

/** Follows an answer to its page. Neither may fail or repeat anything from the query unescaped. */
async function check(app: ReturnType<typeof appWith>, url: URL, { cookies, what }: { cookies: string; what: string }) {
  const response = await app.get(url, { cookie: cookies, "sec-fetch-site": "same-origin" });
  expect(response.status, what).toBeLessThan(500);
  for (const name of response.headers.keys()) expect(known.has(name), `${what}: ${name}`).toBe(true);
  expect(response.headers.get("cache-control"), what).toBe("no-store");
  expect(response.headers.get("referrer-policy"), what).toBe("no-referrer");
  for (const cookie of response.headers.getSetCookie()) {
    expect(cookie, what).toMatch(
      /^mcp_(?:attempt|reload)_[0-9a-f]{16}=[\w-]*; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/,
    );
  }
  const location = response.headers.get("location");
  if (location !== null) {
    expect(location, what).toMatch(/^[\x21-\x7e]+$/);
    const target = new URL(location);
    expect([baseUrl, notes.issuer], what).toContain(target.origin);
    expect(location, what).not.toContain(mark);
    if (target.origin === baseUrl) await check(app, target, { cookies, what });
    return;
  }
  const csp = response.headers.get("content-security-policy") ?? "";
  expect(csp, what).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/);
  expect(csp, what).not.toContain("unsafe");
  const text = await response.text();
  // Our pages repeat only one thing from the query: a path of the app, encoded, as a link's target.
  const outsideLinks = text.replaceAll(/ href="[^"<>]*"/g, "");
  expect(outsideLinks, what).not.toContain(mark);
  expect(outsideLinks.match(/<script/g) ?? [], what).toHaveLength(text.includes("window.close()") ? 1 : 0);
  for (const [, href = ""] of text.matchAll(/ href="([^"]*)"/g)) {
    expect(href, what).toMatch(
      /^(?:data:,|http:\/\/127\.0\.0\.1:3000\/|\/api\/mcp\/auth\/start\?session=)[^\s<>"'\\]*$/,
    );
  }
}
