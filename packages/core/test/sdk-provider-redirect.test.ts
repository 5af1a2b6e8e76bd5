import { startLoopbackServer, startScopedMcpServer } from "@mcp-assistant/testing/servers";
import { StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { issuerIdOf } from "../src/authorization/redirect-urls.js";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { bookkeepingApp, connectSdk, providerOf, versions, waitingSession } from "./sdk-provider.js";

const { server, mcp, close } = await bookkeepingApp();
afterAll(close);

test("redirectUrl is that of the issuer whose metadata p.fetch has just read, and then that of the attempt", async () => {
  const session = await waitingSession(mcp, server.url);
  const { p } = providerOf(mcp, session);
  const wellKnown = `${server.issuer}/.well-known/oauth-authorization-server`;
  const own = `http://127.0.0.1:9/api/mcp/auth/issuer/${issuerIdOf(server.issuer)}`;
  await (await p.fetch(`${server.issuer}/.well-known/oauth-protected-resource/mcp`)).body?.cancel();
  expect(p.redirectUrl).toBe("http://127.0.0.1:9/api/mcp/auth/callback");
  // The answer is still there for the SDK.
  expect(await (await p.fetch(wellKnown)).json()).toMatchObject({ issuer: server.issuer });
  expect([p.redirectUrl, p.clientMetadata.redirect_uris]).toEqual([own, [own]]);
  const byHand = appFor(server, { authorization: { clients: [{ issuer: server.issuer, clientId: "by-hand" }] } });
  onTestFinished(() => byHand.close());
  const configured = providerOf(byHand, await waitingSession(byHand, server.url)).p;
  await configured.fetch(wellKnown);
  await configured.state();
  expect(configured.redirectUrl).toBe("http://127.0.0.1:9/api/mcp/auth/callback");
});

test("the metadata of one server does not name another's issuer", async () => {
  const canary = await startLoopbackServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ issuer: server.issuer }));
  });
  const app = appFor({ hosts: [...server.hosts, canary.host] });
  onTestFinished(async () => void (await Promise.all([app.close(), canary.close()])));
  const { p } = providerOf(app, await waitingSession(app, server.url));
  await p.fetch(`${canary.origin}/.well-known/oauth-authorization-server`);
  expect(p.redirectUrl).toBe("http://127.0.0.1:9/api/mcp/auth/callback");
});

test.each(versions)(
  "with SDK %s, a code without its address is refused where the issuer does not name itself",
  async (version) => {
    const scoped = await startScopedMcpServer({ wants: () => undefined });
    const app = appFor({ hosts: [scoped.host] });
    onTestFinished(async () => void (await Promise.all([app.close(), scoped.close()])));
    const session = await waitingSession(app, scoped.url);
    const { p, redirects } = providerOf(app, session);
    await connectSdk(version, scoped.url, p).catch(() => undefined);
    const { headers } = await fetch(redirects[0] ?? "", { redirect: "manual" });
    const back = new URL(headers.get("location") ?? "");
    const transport =
      version === "v1"
        ? new TransportV1(new URL(scoped.url), { authProvider: p, fetch: p.fetch })
        : new TransportV2(new URL(scoped.url), { authProvider: p, fetch: p.fetch });
    await expect(transport.finishAuth(back.searchParams.get("code") ?? "")).rejects.toMatchObject({
      code: "CONFIGURATION_INVALID",
      hint: expect.stringContaining("p.finishAuth("),
    });
    const astray = new URL("http://127.0.0.1:9/api/mcp/auth/callback");
    astray.search = back.search;
    await expect(p.finishAuth(astray)).rejects.toMatchObject({ code: "INVALID_STATE", reason: "issuer" });
    expect(await p.finishAuth(back)).toMatchObject({ state: "CONNECTED" });
  },
);
