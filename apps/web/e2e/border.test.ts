import { get } from "node:http";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { longTest, openPage } from "./browser";
import { cardOf, demoCard } from "./person";

const app = inject("app");
let ada: { page: Page; context: BrowserContext; cookie: string; sessionId: string };

beforeAll(async () => {
  const { page, context } = await openPage();
  await page.goto(app.url);
  await demoCard(page, "Demo tools").getByRole("button", { name: "Connect" }).click();
  await cardOf(page, "Demo tools").getByText("Connected · 4 tools").waitFor();
  const [{ name, value } = { name: "", value: "" }] = await context.cookies();
  const cookie = `${name}=${value}`;
  const [{ sessionId }] = await list(cookie);
  ada = { page, context, cookie, sessionId };
});

const trpc = (procedure: string) => `${app.url}/api/mcp/trpc/mcp.${procedure}`;

async function list(cookie: string) {
  const answer = await fetch(trpc("connections.list"), { headers: { cookie } });
  return (await answer.json()).result.data;
}

/** Opens one of Ada's event streams, over its own socket. */
async function openStream() {
  const asked = performance.now();
  const request = get(trpc("events.subscribe"), { agent: false, headers: { cookie: ada.cookie } });
  const stream = {
    text: "",
    headers: {} as NodeJS.Dict<string | string[]>,
    firstAfter: 0,
    hangUp: () => request.destroy(),
  };
  await new Promise<void>((resolve, reject) => {
    request.once("error", reject).once("response", (response) => {
      stream.headers = response.headers;
      response.setEncoding("utf8").on("error", () => undefined);
      response.on("data", (chunk: string) => {
        stream.text += chunk;
        if (stream.firstAfter > 0 || !/"type":"reset"|serialized-error/.test(stream.text)) return;
        stream.firstAfter = performance.now() - asked;
        resolve();
      });
    });
  });
  return stream;
}

/** Everything that another site's page can make a browser send without a click. Resolves to what it could read. */
function attack({ origin, sessionId }: { origin: string; sessionId: string }): Promise<string[]> {
  const at = (procedure: string) => `${origin}/api/mcp/trpc/mcp.${procedure}`;
  const mutations = ["disconnect", "signOut", "remove", "reconnect", "refreshSession"].map((name) =>
    at(`connections.${name}`),
  );
  const body = JSON.stringify({ sessionId });
  const read: string[] = [];
  const sent: Promise<unknown>[] = [];
  const ask = (url: string, init: RequestInit = {}) => {
    const answered = fetch(url, { credentials: "include", ...init }).then(async (answer) => {
      if (answer.type !== "opaque") read.push(`${url} ${answer.status} ${await answer.text()}`);
    });
    sent.push(answered.catch(() => undefined));
  };
  const load = (element: HTMLElement) => {
    document.body.append(element);
    const settled = new Promise((resolve) => {
      for (const event of ["load", "error"]) element.addEventListener(event, resolve);
    });
    sent.push(Promise.race([settled, new Promise((resolve) => setTimeout(resolve, 3_000))]));
  };
  const form = (action: string, enctype: string, [name, value]: [string, string]) => {
    const target = document.createElement("iframe");
    target.name = `frame${Math.random()}`;
    load(target);
    const made = Object.assign(document.createElement("form"), {
      action,
      enctype,
      method: "POST",
      target: target.name,
    });
    made.append(Object.assign(document.createElement("input"), { name, value }));
    document.body.append(made);
    made.submit();
  };
  for (const url of mutations) {
    const inQuery = `${url}?input=${encodeURIComponent(body)}`;
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json"]) {
      ask(url, { method: "POST", mode: "no-cors", headers: { "content-type": type }, body });
      ask(url, { method: "POST", headers: { "content-type": type }, body });
      navigator.sendBeacon(url, new Blob([body], { type }));
    }
    ask(url, {
      method: "POST",
      headers: { "content-type": "application/json", "x-http-method-override": "POST" },
      body,
    });
    ask(inQuery, { mode: "no-cors" });
    ask(inQuery);
    ask(url, { method: "DELETE", body });
    form(url, "application/x-www-form-urlencoded", ["input", body]);
    form(url, "multipart/form-data", ["json", body]);
    form(url, "text/plain", [`${body.slice(0, -1)},"":"`, '"}']);
    form(`${inQuery}&_method=POST`, "text/plain", ["a", "b"]);
    load(Object.assign(new Image(), { src: inQuery }));
    load(Object.assign(document.createElement("script"), { src: inQuery }));
  }
  for (const path of ["connections.list", "events.userKey", `tools.list?input=${encodeURIComponent(body)}`]) {
    ask(at(path));
    load(Object.assign(document.createElement("script"), { src: at(path) }));
    load(Object.assign(document.createElement("iframe"), { src: at(path) }));
  }
  ask(`${origin}/connections`);
  ask(`${origin}/api/mcp/auth/start?session=${encodeURIComponent(sessionId)}`, { mode: "no-cors" });
  const source = new EventSource(at("events.subscribe"), { withCredentials: true });
  source.onmessage = ({ data }) => read.push(String(data));
  sent.push(
    new Promise<void>((resolve) => {
      source.onerror = () => resolve(source.close());
    }),
  );
  return Promise.all(sent).then(() => read);
}

describe("CVE-2025-49596: another site's page in the browser of a signed-in user", () => {
  // Cookies are shared between ports: requests from another port of this host carry them, those from localhost do not.
  test.each([
    ["another port", "127.0.0.1", true],
    ["another site", "localhost", false],
  ])("at %s changes nothing and reads nothing", async (_where, name, bringsCookies) => {
    const hostile = await startLoopbackServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Evil</title>");
    });
    const page = await ada.context.newPage();
    const before = await list(ada.cookie);
    const stream = await openStream();
    const { length } = stream.text;
    const sent: Promise<string | null>[] = [];
    const statuses = new Set<number>();
    page.on("response", (response) => {
      if (response.url().startsWith(`${app.url}/api/`)) statuses.add(response.status());
    });
    page.on("request", (request) => {
      if (request.url().startsWith(`${app.url}/api/`)) sent.push(request.headerValue("cookie").catch(() => null));
    });
    await page.goto(hostile.origin.replace("127.0.0.1", name));
    expect(await page.evaluate(attack, { origin: app.url, sessionId: ada.sessionId })).toEqual([]);
    expect(sent.length).toBeGreaterThan(80);
    const withCookies = (await Promise.all(sent)).filter((cookie) => cookie?.includes("mcp_guest"));
    expect(withCookies.length > 10, `${withCookies.length} of ${sent.length}`).toBe(bringsCookies);
    await page.close();
    // Even responses that the page could not read were refusals. A preflight's response grants no permission anyway.
    expect([...statuses].filter((status) => status !== 403 && status !== 405)).toEqual([]);
    expect(await list(ada.cookie)).toEqual(before);
    expect(stream.text.slice(length).replaceAll(/event: ping\ndata: ?\n\n/g, "")).toBe("");
    stream.hangUp();
    await hostile.close();
  });

  test("but the app's own page can, and a request without cookies has no user", async () => {
    const answer = await ada.page.evaluate(async (sessionId) => {
      const url = "/api/mcp/trpc/mcp.tools.call";
      const body = JSON.stringify({ sessionId, name: "add", arguments: { a: 40, b: 2 } });
      const headers = { "content-type": "application/json" };
      return (await fetch(url, { method: "POST", headers, body })).text();
    }, ada.sessionId);
    expect(answer).toContain("42");
    const headers = { authorization: "Bearer unknown", "content-type": "application/json" };
    const refused = await fetch(trpc("connections.remove"), { method: "POST", headers, body: "{}" });
    expect(refused.status).toBe(401);
  });
});

describe("CVE-2025-29927, CVE-2026-44573, CVE-2026-44574, CVE-2026-44575: bypassing the proxy reveals no user's data", () => {
  const layers = ["proxy", "src/proxy", "middleware", "src/middleware", "pages/_middleware"];
  const bypasses: Record<string, string>[] = [
    {},
    ...layers.flatMap((name) => [
      { "x-middleware-subrequest": name },
      { "x-middleware-subrequest": Array.from({ length: 5 }, () => name).join(":") },
    ]),
    { "x-middleware-prefetch": "1" },
    { "x-middleware-rewrite": "/connections" },
    { "x-middleware-override-headers": "cookie", "x-middleware-request-cookie": "mcp_guest=guest_a.b" },
    { "x-nextjs-data": "1" },
    { "x-invoke-path": "/connections", "x-matched-path": "/connections" },
    { "x-move-to-base-url": "//evil.example/" },
    { rsc: "1" },
    { rsc: "1", "next-router-prefetch": "1", "next-router-segment-prefetch": "/_tree" },
  ];

  test("no request without a sign-in returns anything of Ada's", async () => {
    const page = `/connections/${encodeURIComponent(ada.sessionId)}/tools`;
    const paths = ["/connections", page, "/events", "/api/mcp/trpc/mcp.connections.list"].flatMap((path) => [
      path,
      `${path}.rsc`,
      `${path}?_rsc=1`,
      `${path}?nxtPsessionId=${encodeURIComponent(ada.sessionId)}`,
      `${path}.segments/_tree.segment.rsc`,
      `/_next/data/build${path}.json`,
      `/en${path}`,
      path.replace("/", "/%2e/"),
    ]);
    const leaks: string[] = [];
    for (const path of paths) {
      for (const headers of bypasses) {
        const answer = await fetch(app.url + path, { headers, redirect: "manual" });
        const received = [...answer.headers].join("\n") + (await answer.text());
        // The page names the demo servers to all visitors, and repeats the requested address.
        if (/"sessionId":|toolCount|"CONNECTED"|userKey"?:/.test(received))
          leaks.push(`${path} ${JSON.stringify(headers)}`);
        if (answer.headers.get("location")?.includes("evil")) {
          expect(new URL(answer.headers.get("location") ?? "").origin).toBe(app.url);
        }
      }
    }
    expect(leaks).toEqual([]);
  });

  test("procedures authenticate on their own", async () => {
    const input = { sessionId: ada.sessionId };
    const procedures = {
      "connections.list": "GET",
      "tools.list": "GET",
      "connections.remove": "POST",
      "tools.call": "POST",
    };
    for (const headers of bypasses) {
      for (const [procedure, method] of Object.entries(procedures)) {
        const json = JSON.stringify({
          ...input,
          ...(procedure === "tools.call" ? { name: "add", arguments: {} } : {}),
        });
        const [query, body] = method === "GET" ? [`?input=${encodeURIComponent(json)}`, null] : ["", json];
        const all = { ...headers, "content-type": "application/json" };
        const answer = await fetch(trpc(procedure) + query, { method, headers: all, body, redirect: "manual" });
        // `x-move-to-base-url` only leads to a redirect or an error. Next answers a prefetch itself.
        const isEmpty = answer.status === 200 && (await answer.clone().text()) === "{}";
        expect(isEmpty ? 401 : answer.status, `${procedure} ${JSON.stringify(headers)}`).toBeOneOf([401, 307, 405]);
        expect(await answer.text()).not.toContain("result");
      }
    }
    expect(await list(ada.cookie)).toHaveLength(1);
  });
});

describe("the event stream through next start", () => {
  test("next#9965, next#66263: its first event arrives immediately, and its headers forbid buffering on the way", async () => {
    await openStream().then(({ hangUp }) => hangUp());
    const stream = await openStream();
    expect(stream.firstAfter).toBeLessThan(1_000);
    expect(stream.headers).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    expect(stream.headers["content-encoding"]).toBeUndefined();
    stream.hangUp();
  });

  /** A user may have ten streams. Streams that have lost their reader must not count. */
  async function openAndHangUp(times: number): Promise<void> {
    for (let opened = 0; opened < times; opened += 1) {
      const stream = await openStream();
      expect(stream.text, `stream ${opened}`).not.toContain("LIMIT_EXCEEDED");
      stream.hangUp();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  test("dust#24357, trpc#6193: it ends on the server when its reader hangs up", () => openAndHangUp(15));

  longTest("it ends on the server when the tab that read it closes", async () => {
    await openAndHangUp(100);
    for (let opened = 0; opened < 15; opened += 1) {
      const tab = await ada.context.newPage();
      await tab.goto(`${app.url}/events`);
      await tab.getByText("Live", { exact: true }).waitFor();
      await tab.close();
    }
  });
});
