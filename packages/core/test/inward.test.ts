import { loopbackSpellings, privateHosts, publicHosts } from "@mcp-assistant/testing/addresses";
import { type Canary, type HostileEndpoint, type Lies, startCanary } from "@mcp-assistant/testing/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { AddressPolicy } from "../src/outbound/address-policy.js";
import { call, connectHostile, signIn } from "./hostile-app.js";

// Nothing on this machine or in its network is dialled, whatever names an address and however it is spelled. What was
// published about other clients is in docs/known-attacks.md.

let canary: Canary;

beforeAll(async () => {
  canary = await startCanary();
});

afterAll(() => canary.close());

/** The URL of a host, with the port that the canary listens on. */
const at = (host: string, path = "") => `http://${host}:${canary.port}${path}`;

test("the canary notices when it is dialled", async () => {
  for (const [round, host] of ["127.0.0.1", "localhost", "127.1"].entries()) {
    await fetch(at(host));
    expect(canary.hits()).toBe(round + 1);
  }
});

describe("the canary is not reached through", () => {
  let hits: number;

  beforeAll(() => {
    hits = canary.hits();
  });

  test.each(loopbackSpellings.map((host) => [host]))(
    "CVE-2026-31943, CVE-2026-45400, GHSA-j8q9-r9pq-2hh9: a user's server at %j",
    async (host) => {
      const mcp = appFor({ hosts: [] });
      for (const serverUrl of [at(host, "/mcp"), at(host, "/mcp").replace("http:", "https:")]) {
        const error = await mcp
          .forUser("ada")
          .connect({ serverUrl })
          .catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: expect.stringMatching(/^SERVER_URL_(FORBIDDEN|INVALID)$/),
          retryable: false,
        });
      }
      expect(await mcp.forUser("ada").list()).toEqual([]);
      expect(canary.hits()).toBe(hits);
    },
  );

  const fields: [string, (url: string) => Lies][] = [
    ["resource_metadata", (url) => ({ challenge: `Bearer resource_metadata="${url}/metadata"` })],
    ["authorization_servers", (url) => ({ resourceMetadata: { authorization_servers: [url] } })],
    ["issuer", (url) => ({ metadata: { issuer: url } })],
    ["authorization_endpoint", (url) => ({ metadata: { authorization_endpoint: `${url}/authorize` } })],
    ["token_endpoint", (url) => ({ metadata: { token_endpoint: `${url}/token` } })],
    ["registration_endpoint", (url) => ({ metadata: { registration_endpoint: `${url}/register` } })],
    ["revocation_endpoint", (url) => ({ metadata: { revocation_endpoint: `${url}/revoke` } })],
    ["jwks_uri", (url) => ({ metadata: { jwks_uri: `${url}/jwks` } })],
  ];

  test.each(fields)(
    "gemini-cli#29081, SuperAgent#235, gram#2035, MCPJam#3411: %s of a document, in every spelling",
    { timeout: 60_000 },
    async (_field, lies) => {
      const app = await connectHostile();
      const session = { ...app, mcp: appFor({ hosts: app.server.hosts.slice(0, 1) }) };
      for (const host of loopbackSpellings) {
        app.server.lie(lies(at(host)));
        await app.mcp.forUser(app.session.userId).disconnect(app.session.sessionId);
        await session.mcp.forUser(app.session.userId).reconnect(app.session.sessionId);
        await signIn(session).catch(() => undefined);
        await session.mcp
          .forUser(app.session.userId)
          .signOut(app.session.sessionId)
          .catch(() => undefined);
      }
      expect(canary.hits()).toBe(hits);
    },
  );

  const redirects = (["resourceMetadata", "metadata", "registration", "token"] as const).flatMap((endpoint) =>
    ([302, 307] as const).map((status) => ({ endpoint, status })),
  );

  test.each(redirects)(
    "CVE-2026-45401: a redirect ($status) of $endpoint, in every spelling",
    { timeout: 60_000 },
    async (redirect) => {
      const app = await connectHostile();
      for (const host of loopbackSpellings) {
        app.server.lie(redirectTo(redirect, at(host)));
        await app.mcp.forUser(app.session.userId).disconnect(app.session.sessionId);
        await app.mcp.forUser(app.session.userId).reconnect(app.session.sessionId);
        await signIn(app).catch(() => undefined);
        await app.mcp
          .forUser(app.session.userId)
          .signOut(app.session.sessionId)
          .catch(() => undefined);
      }
      expect(canary.hits()).toBe(hits);
    },
  );

  const afterSignIn = (["mcp", "refresh", "revocation"] as const).flatMap((endpoint) =>
    ([303, 308] as const).map((status) => ({ endpoint, status })),
  );

  test.each(afterSignIn)(
    "CVE-2026-45401: a redirect ($status) of $endpoint, in every spelling",
    { timeout: 60_000 },
    async (redirect) => {
      const app = await connectHostile();
      for (const host of loopbackSpellings) {
        app.server.lie();
        if ((await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).state !== "CONNECTED") {
          await app.mcp.forUser(app.session.userId).reconnect(app.session.sessionId);
          await signIn(app);
        }
        app.server.lie(redirectTo(redirect, at(host)));
        if (redirect.endpoint === "refresh") app.server.expireAccessTokens();
        if (redirect.endpoint === "revocation")
          await app.mcp.forUser(app.session.userId).signOut(app.session.sessionId);
        else await call(app);
      }
      expect(canary.hits()).toBe(hits);
    },
  );
});

const redirectTo = ({ endpoint, status }: { endpoint: HostileEndpoint; status: 302 | 303 | 307 | 308 }, to: string) =>
  ({ answers: { [endpoint]: { kind: "redirect", status, to } } }) satisfies Lies;

describe("a host that is checked by its name", () => {
  const judge = (host: string) => () => new AddressPolicy([]).check(new URL(`https://${host}/mcp`));

  test.each(privateHosts.map((host) => [host]))(
    "GHSA-794r-5rp2-fpg8, GHSA-h72v-w7gx-hq4h: %s is not public",
    (host) => {
      expect(judge(host)).toThrowError(expect.objectContaining({ code: "SERVER_URL_FORBIDDEN" }));
    },
  );

  test.each(publicHosts.map((host) => [host]))("%s may be dialled", (host) => {
    expect(judge(host)).not.toThrow();
  });
});
