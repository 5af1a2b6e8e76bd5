import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Credentials, isSignedIn, newVersion } from "../../credentials/credentials.js";
import { Secret } from "../../credentials/secret.js";
import { StoreUnavailableError } from "../../errors.js";
import { revealed, storedSignIn, withOverrides, withTokens } from "../../samples.fixture.js";
import { openStorage } from "../../storage/storage.js";
import { appFor, revocations, signedIn, tokenRequests } from "../sign-in/sign-in.fixture.js";
import { processOf, store } from "./refresh.fixture.js";
import { type RefreshDeps, refreshCredentials } from "./refresh.js";

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
    // The turn begins later than this, however slow the machine is.
    const startedAt = performance.now();
    await deps.credentials.takeTurn(owner, held, { by: "a process that died", life: 400 });
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
