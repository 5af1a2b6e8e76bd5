import { startScopeBoundServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { startGuardedServer } from "../src/authorization/plain-authorization-server.fixture.js";
import { appFor, cameBack, finish, openSignIn, start } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { Mcp } from "../src/mcp.js";
import { someUser } from "../src/samples.fixture.js";

type Authorization = Awaited<ReturnType<typeof startScopeBoundServer>>;

/** An authorization server, an honest MCP server that needs `notes:read`, and an app. */
async function world(options: Partial<Parameters<typeof startScopeBoundServer>[0]>) {
  const authorization = await startScopeBoundServer({ defaultScope: "basic", ...options });
  onTestFinished(authorization.close);
  const honest = await serverFor(authorization, ["notes:read"]);
  const hosts = [authorization.host, honest.host];
  return { authorization, honest, hosts };
}

/** An MCP server that names these scopes, and answers only tokens that have them all. */
async function serverFor({ issuer, scopeOf }: Authorization, scopes: string[]) {
  const accepts = (token: string) => scopes.every((scope) => scopeOf(token)?.split(" ").includes(scope));
  const server = await startGuardedServer({ issuer: () => issuer, scopes, accepts });
  onTestFinished(server.close);
  return server;
}

/** Signs a user in, as often as it takes. Returns how many sign-ins that were. */
async function signInsUntilConnected(mcp: Mcp, server: { url: string }, userId: string): Promise<number> {
  let signIn = await openSignIn(mcp, server, userId);
  for (let tries = 1; tries <= 5; tries += 1) {
    const page = await fetch(signIn.url, { redirect: "manual" });
    const location = page.headers.get("location");
    if (location) {
      const { attemptId, nonce } = signIn;
      await finish(mcp, {
        userId,
        ...cameBack(new URL(location)),
        nonceOf: (id) => (id === attemptId ? nonce : undefined),
      });
    }
    const { state } = await mcp.forUser(userId).get(signIn.sessionId);
    if (state === "CONNECTED") return tries;
    if (state === "FAILED") await mcp.forUser(userId).reconnect(signIn.sessionId);
    signIn = await start(mcp, signIn);
  }
  return Number.POSITIVE_INFINITY;
}

/** What a hostile user does first: sign-ins for scopes of their own servers, each ended by a callback of their own. */
async function attack(mcp: Mcp, servers: { url: string }[]): Promise<void> {
  const userId = someUser();
  for (const server of servers) {
    let signIn = await openSignIn(mcp, server, userId);
    for (const error of ["unauthorized_client", "invalid_scope", "unauthorized_client", "invalid_scope"]) {
      const asked = new URL(signIn.url).searchParams;
      const { attemptId, nonce } = signIn;
      await finish(mcp, {
        userId,
        params: new URLSearchParams({ state: asked.get("state") ?? "", error }),
        cameTo: [asked.get("redirect_uri") ?? ""],
        nonceOf: (id) => (id === attemptId ? nonce : undefined),
      });
      await mcp.forUser(userId).reconnect(signIn.sessionId);
      signIn = await start(mcp, signIn);
    }
  }
}

/** 4 096 characters of scopes, the most that we send. */
const endless = Array.from({ length: 16 }, (_, index) => `${index}`.padStart(255, "x"));

test.each<[string, Parameters<typeof world>[0], string[][], number]>([
  ["names junk, where registrations say their scope", {}, [["junk"], ["more-junk"]], 1],
  ["names junk, where registrations do not say their scope", { saysScope: false }, [["junk"], ["more-junk"]], 2],
  ["names as many scopes as fit", {}, [endless], 1],
  ["names as many scopes as fit, where registrations do not say them", { saysScope: false }, [endless], 2],
  ["names the same scope as the honest server", {}, [["notes:read"]], 1],
  ["names the same scope, where registrations do not say it", { saysScope: false }, [["notes:read"]], 2],
  ["names more than the honest server", {}, [["notes:read", "junk"]], 1],
])(
  "after a hostile user's server %s, an honest user connects within two sign-ins",
  async (_what, options, named, most) => {
    const { authorization, honest, hosts } = await world(options);
    const hostile = await Promise.all(named.map((scopes) => serverFor(authorization, scopes)));
    const mcp = appFor({ hosts: [...hosts, ...hostile.map(({ host }) => host)] });
    onTestFinished(() => mcp.close());
    await attack(mcp, hostile);
    expect(authorization.registered.length).toBeLessThanOrEqual(3);
    expect(await signInsUntilConnected(mcp, honest, someUser())).toBeLessThanOrEqual(most);
    // The next user needs no second sign-in.
    expect(await signInsUntilConnected(mcp, honest, someUser())).toBe(1);
  },
);

test.each([
  ["shared client", ["basic"]],
  ["client for one scope", ["notes:read"]],
])(
  "after a hostile user has taken all turns, a forgotten %s is replaced as soon as the server says so",
  async (_which, scopes) => {
    const { authorization, honest, hosts } = await world({ pageKnowsClients: false });
    const needed = await serverFor(authorization, scopes);
    const mcp = appFor({ hosts: [...hosts, needed.host] });
    onTestFinished(() => mcp.close());
    await signInsUntilConnected(mcp, needed, someUser());
    await attack(mcp, [honest]);
    authorization.forget();
    expect(await signInsUntilConnected(mcp, needed, someUser())).toBe(2);
  },
);
