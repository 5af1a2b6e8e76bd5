import { expect, onTestFinished, test } from "vitest";
import type { McpOptions } from "../../options/options.js";
import { MemoryDriver } from "../../storage/memory/driver.js";
import { startGuardedServer, startPlainAuthorizationServer } from "../plain-authorization-server.fixture.js";
import { appFor, openSignIn } from "../sign-in/sign-in.fixture.js";
import { claimOn, SignInPages } from "./sign-in-pages.js";

test.each([
  ["https://auth.example/authorize", "https://auth.example", 0],
  ["https://auth.example/authorize", "https://auth.example/", 0],
  ["https://auth.example/authorize", "https://AUTH.example:443", 0],
  ["https://auth.example/authorize?prompt=login", "https://auth.example", 0],
  ["https://auth.example/a/authorize", "https://auth.example/a", 2],
  ["https://auth.example/a/authorize", "https://auth.example/a/", 2],
  ["https://auth.example/a", "https://auth.example/a", 2],
  ["https://auth.example/a/authorize", "https://auth.example/b", -1],
  ["https://auth.example/ab/authorize", "https://auth.example/a", -1],
  ["https://auth.example/A/authorize", "https://auth.example/a", -1],
  ["https://auth.example/a/../b/authorize", "https://auth.example/a", -1],
  ["https://auth.example/authorize", "http://auth.example", -1],
  ["https://auth.example:8443/authorize", "https://auth.example", -1],
  ["https://login.auth.example/authorize", "https://auth.example", -1],
  ["https://auth.example.evil.example/authorize", "https://auth.example", -1],
  ["https://auth.example/authorize", `https://auth.example/${"a".repeat(10_240)}`, -1],
  ["https://auth.example/authorize", "not an address", -1],
])("the claim on %s of %s is %i", (page, issuer, claim) => {
  expect(claimOn(new URL(page), issuer)).toBe(claim);
});

const refused = {
  code: "AUTHORIZATION_FAILED",
  message: expect.stringContaining("the sign-in page of another service"),
};

/** Checks sign-in pages one after the other, in two processes by turns. */
function checks(configured: string[] = []) {
  const driver = new MemoryDriver();
  const pages = { include: async () => false };
  const processes = [0, 1].map(() => new SignInPages(driver, { issuers: new Set(configured), pages }));
  let turn = 0;
  return (issuer: string, page: string) => processes[turn++ % 2]?.check(issuer, new URL(page), "ada");
}

const honest = ["https://auth.example", "https://auth.example/authorize"] as const;
const evil = "https://evil.example";

test("a page of a known issuer is refused to all others, and what they do changes nothing for it", async () => {
  const check = checks();
  await check(evil, honest[1]);
  await check(...honest);
  for (const stranger of [
    evil,
    "https://auth.example.evil.example",
    "http://auth.example",
    "https://auth.example:8443",
  ]) {
    await expect(check(stranger, honest[1])).rejects.toMatchObject(refused);
    await expect(check(stranger, `${honest[1]}?prompt=none`)).rejects.toMatchObject(refused);
  }
  await check(...honest);
  await check(evil, `${evil}/authorize`);
});

test("at a host with several issuers, the closest one has the page, even if another was first", async () => {
  const [root, tenant, page] = ["https://auth.example", "https://auth.example/a", "https://auth.example/a/authorize"];
  const check = checks();
  await check(root, page);
  await check(tenant, page);
  await expect(check(root, page)).rejects.toMatchObject(refused);
  await expect(check("https://auth.example/b", page)).rejects.toMatchObject(refused);
  await check(tenant, page);
  await check("https://auth.example/b", "https://auth.example/b/authorize");
});

test("the pages of a configured issuer are its own before it was ever read, and on another host once it was", async () => {
  const check = checks([honest[0]]);
  await expect(check(evil, honest[1])).rejects.toMatchObject(refused);
  const page = "https://login.example/authorize";
  await check(evil, page);
  await check(honest[0], page);
  for (const stranger of [evil, "https://login.example"]) {
    await expect(check(stranger, page)).rejects.toMatchObject(refused);
  }
});

test.each([
  ["of 2 048 characters has a redirect URL like any other", 2_048, undefined],
  ["of 10 KB is refused before anyone is registered", 10_240, "longer than 2048 characters"],
])("an issuer %s", async (_what, length, refusal) => {
  const metadata: Record<string, unknown> = {};
  const authorization = await startPlainAuthorizationServer({ metadata });
  const issuer = `${authorization.issuer}/`.padEnd(length, "a");
  metadata.issuer = issuer;
  const server = await startGuardedServer({ issuer: () => issuer, accepts: () => false });
  const mcp = appFor({ hosts: [server.host, authorization.host] });
  onTestFinished(async () => void (await Promise.all([mcp.close(), server.close(), authorization.close()])));
  const opened = openSignIn(mcp, server);
  if (refusal) {
    await expect(opened).rejects.toMatchObject({
      code: "AUTHORIZATION_FAILED",
      message: expect.stringContaining(refusal),
    });
  } else {
    const { url } = await opened;
    expect(new URL(url).searchParams.get("redirect_uri")).toMatch(/\/auth\/issuer\/[\w-]{43}$/);
  }
});

/** An MCP server with an authorization server whose metadata has these members. */
async function serverOf(metadata: Record<string, unknown> = {}) {
  const authorization = await startPlainAuthorizationServer({ metadata });
  const server = await startGuardedServer({ issuer: () => authorization.issuer, accepts: () => false });
  onTestFinished(async () => void (await Promise.all([server.close(), authorization.close()])));
  return { url: server.url, hosts: [server.host, authorization.host], authorization };
}

test.each<[string, (issuer: string) => Partial<McpOptions>, boolean]>([
  ["known", () => ({}), true],
  ["configured", (issuer) => ({ authorization: { clients: [{ issuer, clientId: "by-hand" }] } }), false],
])(
  "a server that names the page of a %s issuer gets no registration and no user",
  async (_what, options, signsInFirst) => {
    const one = await serverOf();
    const other = await serverOf({ authorization_endpoint: `${one.authorization.issuer}/auth` });
    const mcp = appFor({ hosts: [...one.hosts, ...other.hosts] }, options(one.authorization.issuer));
    onTestFinished(() => mcp.close());
    if (signsInFirst) await openSignIn(mcp, one);
    await expect(openSignIn(mcp, other)).rejects.toMatchObject({
      ...refused,
      operatorHint: expect.stringContaining("authorization.clients"),
    });
    expect(other.authorization.asked).toEqual([]);
    await openSignIn(mcp, one);
  },
);
