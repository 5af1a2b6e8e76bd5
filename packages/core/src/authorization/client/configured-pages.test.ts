import { type LoopbackServer, refusingOrigin, startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test, vi } from "vitest";
import type { McpOptions } from "../../options/options.js";
import { fetchFrom } from "../../samples.fixture.js";
import { startGuardedServer, startPlainAuthorizationServer } from "../plain-authorization-server.fixture.js";
import { appFor, openSignIn } from "../sign-in/sign-in.fixture.js";
import { ConfiguredPages } from "./configured-pages.js";

/** An authorization server whose page lies at another host, and how often its metadata is read. */
async function startServer({ page = "https://login.example/authorize", status = 200 } = {}) {
  const state = { status, page, reads: 0 };
  const server: LoopbackServer = await startLoopbackServer((_request, response) => {
    state.reads += 1;
    const metadata = {
      issuer: server.origin,
      authorization_endpoint: state.page,
      token_endpoint: `${server.origin}/token`,
      response_types_supported: ["code"],
      code_challenge_methods_supported: ["S256"],
    };
    response.writeHead(state.status, { "content-type": "application/json" }).end(JSON.stringify(metadata));
  });
  onTestFinished(server.close);
  return { ...server, state };
}

const page = (path = "authorize") => new URL(`https://login.example/${path}?prompt=none`);
const unread = { code: "AUTHORIZATION_FAILED", retryable: true };

test("the page of a configured issuer is known before anyone has signed in there, and read once an hour", async () => {
  const { origin, host, state } = await startServer();
  const pages = new ConfiguredPages([origin], fetchFrom([host]));
  const all = Array.from({ length: 20 }, (_, index) => pages.include(page(index % 2 ? "authorize" : "other")));
  expect(await Promise.all(all)).toEqual(all.map((_, index) => index % 2 === 1));
  expect(state.reads).toBe(1);
});

test.each<[string, number, boolean | typeof unread]>([
  ["has no metadata", 404, false],
  ["refuses it", 403, false],
  ["is broken", 500, unread],
  ["has a proxy that does not reach it", 502, unread],
])("while a configured issuer %s (%i), a stranger's page is judged so", async (_what, status, expected) => {
  const { origin, host } = await startServer({ status });
  const judged = new ConfiguredPages([origin], fetchFrom([host])).include(page());
  if (typeof expected === "boolean") expect(await judged).toBe(expected);
  else await expect(judged).rejects.toMatchObject(expected);
});

test("an issuer that does not answer is not asked again at once, and the error names what to check", async () => {
  const { origin, host } = await refusingOrigin();
  const fetch = vi.fn(fetchFrom([host]));
  const pages = new ConfiguredPages([origin], fetch);
  for (const _try of [1, 2, 3]) {
    await expect(pages.include(page())).rejects.toMatchObject({
      ...unread,
      operatorHint: expect.stringContaining(`${origin} in authorization.clients`),
    });
  }
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("a page that was known stays so while the issuer is away", async () => {
  const { origin, host, state } = await startServer();
  const pages = new ConfiguredPages([origin], fetchFrom([host]));
  expect(await pages.include(page())).toBe(true);
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  state.status = 503;
  for (const _try of [1, 2]) {
    vi.advanceTimersByTime(3_600_001);
    expect(await pages.include(page())).toBe(true);
  }
  [state.status, state.page] = [200, "https://login.example/new"];
  vi.advanceTimersByTime(3_600_001);
  expect([await pages.include(page()), await pages.include(page("new"))]).toEqual([false, true]);
});

/** An app that knows `configured` by hand, and an MCP server with an authorization server whose page is at `page`. */
async function world(configured: { origin: string; host: string }, page: (origin: string) => string) {
  const metadata: Record<string, unknown> = {};
  const authorization = await startPlainAuthorizationServer({ metadata });
  metadata.authorization_endpoint = page(authorization.issuer);
  const server = await startGuardedServer({ issuer: () => authorization.issuer, accepts: () => false });
  const clients: NonNullable<McpOptions["authorization"]>["clients"] = [
    { issuer: configured.origin, clientId: "by-hand" },
  ];
  const hosts = [server.host, authorization.host, configured.host];
  const mcp = appFor({ hosts }, { authorization: { clients } });
  onTestFinished(async () => void (await Promise.all([mcp.close(), server.close(), authorization.close()])));
  return { authorization, open: () => openSignIn(mcp, server) };
}

test.each<[string, (origin: string) => string, boolean, number]>([
  ["the page of a configured issuer", () => "https://login.example/authorize", false, 1],
  ["another page at that host", () => "https://login.example/other", true, 1],
  ["a page at its own origin", (origin) => `${origin}/auth`, true, 0],
])("in a new process, a stranger that names %s", async (_what, named, isAllowed, reads) => {
  const configured = await startServer();
  const { authorization, open } = await world(configured, named);
  if (isAllowed) await open();
  else {
    await expect(open()).rejects.toMatchObject({
      message: expect.stringContaining("the sign-in page of another service"),
    });
    expect(authorization.asked).toEqual([]);
  }
  expect(configured.state.reads).toBe(reads);
});
