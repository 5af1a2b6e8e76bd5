import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Credentials, newVersion } from "../../credentials/credentials.js";
import { revealed, someCredentials, someOwner, ring as testRing, withTokens } from "../../samples.fixture.js";
import { MemoryDriver } from "../../storage/memory/driver.js";
import { processOf, store } from "./refresh.fixture.js";
import { type RefreshDeps, refreshCredentials } from "./refresh.js";

describe("at an authorization server that misbehaves", () => {
  const owner = someOwner();

  /** A token endpoint that gives every request the same answer, and a sign-in that belongs to it. */
  async function endpoint(status: number, body: (request: string) => string) {
    const requests: string[] = [];
    const server = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      requests.push(`${request.method} ${request.url}`);
      response.writeHead(status, { "content-type": "application/json" }).end(body(text));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close().closeAllConnections());
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const held = someCredentials({}, `http://${host}`);
    const around = { driver: new MemoryDriver(), ring: testRing, hosts: [host] };
    await store(around, held, owner);
    return { held, deps: processOf(around), requests, host, server };
  }

  const gossip = (error: string) => (request: string) => {
    const refreshToken = new URLSearchParams(request).get("refresh_token");
    return JSON.stringify({ error, error_description: `${refreshToken} of ${request}` });
  };

  test.each([
    ["500", 500, gossip("server_error")],
    ["503 with a web page", 503, () => "<h1>Maintenance</h1>"],
    ["429", 429, gossip("temporarily_unavailable")],
    ["200 without tokens", 200, () => "{}"],
    ["200 without JSON", 200, () => "<html>"],
  ])("an answer of %s keeps the tokens", async (_answer, status, body) => {
    const { held, deps, host, requests } = await endpoint(status, body);
    await expect(refreshCredentials(deps, owner, held)).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
      message: `${host} did not renew the sign-in`,
      retryable: true,
    });
    expect(requests).toEqual(["POST /token"]);
    expect(revealed(await deps.credentials.read(owner))).toEqual(revealed(held));
  });

  test("a refused connection keeps the tokens", async () => {
    const { held, deps, server } = await endpoint(200, () => "{}");
    await new Promise((resolve) => server.close(resolve));
    await expect(refreshCredentials(deps, owner, held)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    expect(revealed(await deps.credentials.read(owner))).toEqual(revealed(held));
  });

  /** A refresh that is rejected because another process has written meanwhile. */
  async function refuse(changes: Partial<Credentials>) {
    const { held, deps } = await endpoint(400, gossip("invalid_grant"));
    const winner = { ...held, tv: newVersion(), cv: newVersion(), ...changes };
    const fetch: RefreshDeps["fetch"] = async (...request) => {
      await deps.credentials.replace(owner, held, winner);
      return deps.fetch(...request);
    };
    const answer = await refreshCredentials({ ...deps, fetch }, owner, held).catch((error: unknown) => error);
    expect(revealed(await deps.credentials.read(owner))).toEqual(revealed(winner));
    return { answer, winner };
  }

  test("claude-code#84440: a rejected token does not end the sign-in if it has been rotated meanwhile", async () => {
    const { answer, winner } = await refuse({});
    expect(revealed(answer)).toEqual(revealed(winner));
  });

  test("claude-code#84440: a rejected token of an older sign-in does not end the newer one", async () => {
    const { answer } = await refuse({ flow: "another-flow" });
    expect(answer).toMatchObject({ code: "CANCELLED", retryable: true });
  });

  test("without a refresh token, no request is made, and the user has to sign in", async () => {
    const { held, deps, requests } = await endpoint(200, () => "{}");
    const bare = { ...withTokens(held, { refreshToken: null }), cv: newVersion() };
    await deps.credentials.replace(owner, held, bare);
    const refreshing = refreshCredentials(deps, owner, bare);
    await expect(refreshing).rejects.toMatchObject({ code: "AUTHORIZATION_REQUIRED" });
    expect(requests).toEqual([]);
  });

  test.each([
    [400, "invalid_grant"],
    [500, "server_error"],
  ])("tokens that the server repeats, with status %i, do not reach our error", async (status, code) => {
    const { held, deps } = await endpoint(status, gossip(code));
    const error = await refreshCredentials(deps, owner, held).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    const shown = `${error} ${JSON.stringify(error)}`;
    const { accessToken, refreshToken } = held.signIn.tokens;
    for (const secret of [accessToken.reveal(), refreshToken?.reveal() ?? "", "refresh_token"]) {
      expect(shown).not.toContain(secret);
    }
  });
});
