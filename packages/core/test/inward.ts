import type { Canary, HostileEndpoint, Lies } from "@mcp-assistant/testing/servers";
import { startCanary } from "@mcp-assistant/testing/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { call, connectHostile, signIn } from "./hostile-app.js";

/** Whatever a server or its authorization server names, in each of these spellings of this machine, is not dialled. */
export function inwardScenario(spellings: readonly string[]): void {
  describe("the canary is not reached through", () => {
    let canary: Canary;
    let hits: number;

    beforeAll(async () => {
      canary = await startCanary();
      hits = canary.hits();
    });

    afterAll(() => canary.close());

    /** The URL of a host, with the port that the canary listens on. */
    const at = (host: string, path = "") => `http://${host}:${canary.port}${path}`;

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
      `gemini-cli#29081, SuperAgent#235, gram#2035, MCPJam#3411: %s of a document, in ${spellings.length} spellings`,
      async (_field, lies) => {
        const app = await connectHostile();
        const session = { ...app, mcp: appFor({ hosts: app.server.hosts.slice(0, 1) }) };
        for (const host of spellings) {
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
      `CVE-2026-45401: a redirect ($status) of $endpoint, in ${spellings.length} spellings`,
      async (redirect) => {
        const app = await connectHostile();
        for (const host of spellings) {
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
      `CVE-2026-45401: a redirect ($status) of $endpoint, in ${spellings.length} spellings`,
      async (redirect) => {
        const app = await connectHostile();
        for (const host of spellings) {
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
}

const redirectTo = ({ endpoint, status }: { endpoint: HostileEndpoint; status: 302 | 303 | 307 | 308 }, to: string) =>
  ({ answers: { [endpoint]: { kind: "redirect", status, to } } }) satisfies Lies;
