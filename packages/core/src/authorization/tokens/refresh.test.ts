import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { CredentialStore } from "../../credentials/credential-store.js";
import {
  type Credentials,
  encodeCredentials,
  isSignedIn,
  newVersion,
  type Owner,
} from "../../credentials/credentials.js";
import type { KeyRing } from "../../credentials/key-ring.js";
import { Secret } from "../../credentials/secret.js";
import { StoreUnavailableError } from "../../errors.js";
import {
  fetchFrom,
  registrations,
  revealed,
  someCredentials,
  someOwner,
  storedSignIn,
  ring as testRing,
  withOverrides,
  withTokens,
} from "../../samples.fixture.js";
import type { StorageDriver } from "../../session/storage-driver.js";
import { MemoryDriver } from "../../storage/memory/driver.js";
import { openStorage } from "../../storage/storage.js";
import { appFor, revocations, signedIn, tokenRequests } from "../sign-in/sign-in.fixture.js";
import { type RefreshDeps, refreshCredentials } from "./refresh.js";

interface Surroundings {
  driver: StorageDriver;
  ring: KeyRing;
  hosts: readonly string[];
}

/** One process: it has its own store handle and its own requests in flight. */
const processOf = ({ driver, ring, hosts }: Surroundings): RefreshDeps => ({
  credentials: new CredentialStore(driver, { ring, ttl: 60 }),
  fetch: fetchFrom(hosts),
  now: Date.now,
  storeId: newVersion(),
  registrations,
});

/** Writes credentials unconditionally, as if from another process. */
const store = ({ driver, ring }: Surroundings, credentials: Credentials, owner: Owner) =>
  storedSignIn(driver, owner).write(encodeCredentials(credentials, owner, ring), 60);

describe("at a real authorization server", () => {
  let server: OauthServer;

  beforeAll(async () => {
    server = await startOauthServer();
  });

  afterAll(() => server.close());

  async function someSignIn() {
    const { userId, sessionId } = await signedIn(appFor(server), server);
    const storage = openStorage("memory", { sessionTtl: 60, logger: () => undefined });
    const around = { ...storage, hosts: server.hosts };
    const deps = processOf(around);
    const owner = (await storage.sessions.read(userId, sessionId))?.record;
    const held = owner && (await deps.credentials.read(owner));
    if (!owner || !isSignedIn(held)) throw new Error("There is no sign-in");
    server.resetRequests();
    return { around, deps, held, owner };
  }

  test("16 simultaneous callers share one request and get the same new tokens", async () => {
    const { deps, held, owner } = await someSignIn();
    const first = refreshCredentials(deps, owner, held);
    const others = Array.from({ length: 15 }, () => refreshCredentials(deps, owner, held));
    const refreshed = await first;
    for (const other of await Promise.all(others)) expect(other).toBe(refreshed);
    expect(tokenRequests(server, "refresh_token")).toBe(1);
    for (const token of ["accessToken", "refreshToken"] as const) {
      expect(refreshed.signIn.tokens[token]?.reveal()).not.toBe(held.signIn.tokens[token]?.reveal());
    }
    const { tokens, client } = refreshed.signIn;
    expect(tokens.expiresAt).toBe(tokens.issuedAt + 60_000);
    expect(refreshed.flow).toBe(held.flow);
    expect(revealed(client)).toEqual(revealed(held.signIn.client));
    expect(revealed(await deps.credentials.read(owner))).toEqual(revealed(refreshed));
  });

  test("a later caller with the old tokens gets the new ones without a request", async () => {
    const { deps, around, held, owner } = await someSignIn();
    const refreshed = await refreshCredentials(deps, owner, held);
    for (const late of [deps, processOf(around)]) {
      expect(revealed(await refreshCredentials(late, owner, held))).toEqual(revealed(refreshed));
    }
    expect(tokenRequests(server, "refresh_token")).toBe(1);
  });

  test("refreshed tokens can be refreshed again", async () => {
    const { deps, held, owner } = await someSignIn();
    const second = await refreshCredentials(deps, owner, held);
    const third = await refreshCredentials(deps, owner, second);
    expect(new Set([held, second, third].map(({ signIn }) => signIn.tokens.refreshToken?.reveal())).size).toBe(3);
    expect(tokenRequests(server, "refresh_token")).toBe(2);
  });

  test("callers in four processes share one request", async () => {
    const { around, held, owner } = await someSignIn();
    const processes = Array.from({ length: 4 }, () => processOf(around));
    const callers = processes.flatMap((deps) => [deps, deps, deps, deps]);
    const tokens = await Promise.all(callers.map((deps) => refreshCredentials(deps, owner, held)));
    expect(new Set(tokens.map(({ tv }) => tv)).size).toBe(1);
    expect(tokenRequests(server, "refresh_token")).toBe(1);
  });

  test("a process that dies while it renews the tokens keeps the others waiting only until its turn expires", async () => {
    const { deps, held, owner } = await someSignIn();
    await deps.credentials.takeTurn(owner, held, { by: "a process that died", life: 400 });
    const startedAt = performance.now();
    const refreshed = await refreshCredentials(deps, owner, held);
    expect(performance.now() - startedAt).toBeGreaterThan(350);
    expect(refreshed.tv).not.toBe(held.tv);
    expect(tokenRequests(server, "refresh_token")).toBe(1);
  });

  test("typescript-sdk#2053: tokens that arrive while the store is unavailable are stored as soon as it is back", async () => {
    const { deps, around, held, owner } = await someSignIn();
    let refusals = 3;
    const driver = withOverrides(around.driver, {
      commit: async (commit) => {
        const isWrite = commit.set?.some(({ value }) => value.kind === "credentials");
        if (isWrite && refusals-- > 0) throw new StoreUnavailableError(new Error("away"));
        return around.driver.commit(commit);
      },
    });
    const refreshed = await refreshCredentials(processOf({ ...around, driver }), owner, held);
    expect(revealed(await deps.credentials.read(owner))).toEqual(revealed(refreshed));
    expect(tokenRequests(server, "refresh_token")).toBe(1);
  });

  test("a refresh token that the server rejects ends the sign-in", async () => {
    const { deps, around, held, owner } = await someSignIn();
    const broken = withTokens(held, { refreshToken: new Secret("not-one-of-yours") });
    await store(around, broken, owner);
    await expect(refreshCredentials(deps, owner, broken)).rejects.toMatchObject({
      code: "AUTHORIZATION_REQUIRED",
      retryable: false,
    });
    expect(revealed(await deps.credentials.read(owner))).toEqual(revealed(broken));
  });

  /** A refresh that loses its compare-and-set to credentials that another process writes. */
  async function lose(changes: Partial<Credentials>) {
    const { deps, around, held, owner } = await someSignIn();
    const tokens = { accessToken: new Secret("winner") };
    const winner = { ...withTokens(held, tokens), tv: newVersion(), cv: newVersion(), ...changes };
    const fetch: RefreshDeps["fetch"] = async (...request) => {
      const answer = await deps.fetch(...request);
      await store(around, winner, owner);
      return answer;
    };
    const answer = await refreshCredentials({ ...deps, fetch }, owner, held).catch((error: unknown) => error);
    expect(revealed(await deps.credentials.read(owner))).toEqual(revealed(winner));
    return { answer, winner };
  }

  test("a refresh that loses its compare-and-set to another refresh uses the winner's tokens", async () => {
    const { answer, winner } = await lose({});
    expect(revealed(answer)).toEqual(revealed(winner));
    expect(revocations(server)).toBe(0);
  });

  test("a refresh that loses to a newer sign-in is cancelled, and its own tokens are revoked", async () => {
    const { answer } = await lose({ flow: "another-flow" });
    expect(answer).toMatchObject({ code: "CANCELLED", retryable: true });
    expect(revocations(server)).toBe(1);
  });

  test("a write of something else during a refresh is kept, and so are the new tokens", async () => {
    const { deps, around, held, owner } = await someSignIn();
    const fetch: RefreshDeps["fetch"] = async (...request) => {
      const answer = await deps.fetch(...request);
      await store(around, { ...held, cv: newVersion(), headers: { "X-Key": new Secret("written meanwhile") } }, owner);
      return answer;
    };
    const refreshed = await refreshCredentials({ ...deps, fetch }, owner, held);
    expect(refreshed.headers["X-Key"]?.reveal()).toBe("written meanwhile");
    expect(refreshed.signIn.tokens.accessToken.reveal()).not.toBe(held.signIn.tokens.accessToken.reveal());
    expect(revealed(await deps.credentials.read(owner))).toEqual(revealed(refreshed));
  });

  test("a sign-in that is forgotten during a refresh does not come back", async () => {
    const { deps, around, held, owner } = await someSignIn();
    const fetch: RefreshDeps["fetch"] = async (...request) => {
      const answer = await deps.fetch(...request);
      await storedSignIn(around.driver, owner).erase();
      return answer;
    };
    const refreshing = refreshCredentials({ ...deps, fetch }, owner, held);
    await expect(refreshing).rejects.toMatchObject({ code: "AUTHORIZATION_REQUIRED" });
    expect(await deps.credentials.read(owner)).toBeUndefined();
    expect(revocations(server)).toBe(1);
  });
});

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
