import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { refreshCredentials } from "../../authorization/tokens/refresh.js";
import { CredentialStore } from "../../credentials/credential-store.js";
import { encodeCredentials, newVersion, type Owner, type SignedIn } from "../../credentials/credentials.js";
import type { KeyRing } from "../../credentials/key-ring.js";
import { Secret } from "../../credentials/secret.js";
import { StoreUnavailableError } from "../../errors.js";
import {
  registrations,
  revealed,
  ring,
  someCredentials,
  someOwner,
  someRotation,
  someSignIn,
  someUser,
  storedSignIn,
  withOverrides,
  withTokens,
} from "../../samples.fixture.js";
import type { StorageDriver } from "../../session/storage-driver.js";

const ownOwner = (changes: Partial<Owner> = {}) => someOwner({ sessionId: someUser(), ...changes });

/** What a {@link CredentialStore} guarantees with any driver. */
export function credentialStoreContract(name: string, open: () => StorageDriver): void {
  /** Credentials written by a process with the given keys. */
  async function someStored(by: KeyRing, { owner = ownOwner(), ttl = 60 } = {}) {
    const driver = open();
    const client = {
      client_id: "our-client",
      client_secret: new Secret("the-client-secret"),
      registration_access_token: new Secret("the-registration-token"),
    };
    const credentials = someCredentials({
      signIn: someSignIn({ client }),
      headers: { "X-Api-Key": new Secret("the-api-key") },
    });
    const stored = storedSignIn(driver, owner);
    await stored.write(encodeCredentials(credentials, owner, by), ttl);
    const storeWith = (keys: KeyRing) => new CredentialStore(driver, { ring: keys, ttl: 60 });
    const kid = async () => JSON.parse((await stored.read()) ?? "{}").kid;
    return { driver, owner, credentials, stored, storeWith, kid };
  }

  const unreadable = (sessionId: string) => ({
    code: "SESSION_UNREADABLE",
    message: "Your saved sign-in cannot be read",
    operatorHint: expect.stringContaining(sessionId),
    retryable: false,
  });

  describe.concurrent(name, () => {
    test("credentials are read as they were written, and no secret is stored in clear text", async () => {
      const { owner, credentials, storeWith, stored } = await someStored(ring);
      expect(revealed(await storeWith(ring).read(owner))).toEqual(revealed(credentials));
      const text = (await stored.read()) ?? "";
      const { accessToken, refreshToken } = credentials.signIn.tokens;
      for (const secret of [
        accessToken.reveal(),
        refreshToken?.reveal() ?? "",
        "the-client-secret",
        "the-registra",
        "the-api-key",
      ]) {
        expect(text).not.toContain(secret);
      }
      expect(await storeWith(ring).read(ownOwner())).toBeUndefined();
    });

    test.each<[string, (owner: Owner) => Owner]>([
      ["another session", (owner) => ({ ...owner, sessionId: `${owner.sessionId}2` })],
      ["another user", (owner) => ({ ...owner, userId: "grace" })],
      ["another server", (owner) => ({ ...owner, serverUrl: "https://evil.example/mcp" })],
      ["the same server at another path", (owner) => ({ ...owner, serverUrl: `${owner.serverUrl}/` })],
    ])("credentials copied to %s cannot be read there", async (_where, moved) => {
      const { owner, storeWith, driver, stored } = await someStored(ring);
      const other = moved(owner);
      await storedSignIn(driver, other).write((await stored.read()) ?? "", 60);
      await expect(storeWith(ring).read(other)).rejects.toMatchObject(unreadable(other.sessionId));
      await expect(storeWith(ring).reseal(other)).rejects.toMatchObject(unreadable(other.sessionId));
    });

    test.each<[string, (sealed: string, owner: Owner) => unknown]>([
      ["sealed as an attempt", (json, { sessionId }) => ring.seal(json, ["attempt", sessionId])],
      ["sealed as a registration", (json, { sessionId }) => ring.seal(json, ["registration", sessionId])],
      ["sealed for a longer place", (json, owner) => ring.seal(json, [...placeOf(owner), ""])],
      ["in clear text", (json) => ({ kid: null, sealed: json })],
      ["in clear text under our key's name", (json) => ({ kid: "test", sealed: json })],
      ["sealed with an unknown key", (json, owner) => someRotation().before.seal(json, placeOf(owner))],
      [
        "sealed with a different key of the same name",
        (json, owner) => ({
          kid: "test",
          sealed: someRotation().before.seal(json, placeOf(owner)).sealed,
        }),
      ],
      ["sealed, but not JSON", (_json, owner) => ring.seal("{", placeOf(owner))],
      ["sealed, but not credentials", (_json, owner) => ring.seal('{"tokens":{}}', placeOf(owner))],
      ["sealed, but not an object", (_json, owner) => ring.seal("null", placeOf(owner))],
      ["not sealed at all", () => ({})],
    ])("a sign-in %s is unreadable; the error names its session and reveals no content", async (_what, seal) => {
      const { owner, storeWith, stored, credentials } = await someStored(ring);
      const { tv, cv, flow, ...rest } = credentials;
      const json = JSON.stringify(revealed(rest));
      await stored.write(JSON.stringify({ tv, cv, flow, ...Object(seal(json, owner)) }), 60);
      const error = await storeWith(ring)
        .read(owner)
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject(unreadable(owner.sessionId));
      expect(`${error} ${JSON.stringify(error)}`).not.toContain(credentials.signIn.tokens.accessToken.reveal());
    });

    test.each(["", "not JSON", "null", "[]", '{"tv":"a","cv":"b"}', '{"tv":"a","cv":"b","flow":"c","kid":"test"}'])(
      "the text %j is unreadable",
      async (text) => {
        const { owner, storeWith, stored } = await someStored(ring);
        await stored.write(text, 60);
        await expect(storeWith(ring).read(owner)).rejects.toMatchObject(unreadable(owner.sessionId));
      },
    );

    test("credentials sealed with the old key are re-encrypted at their first use: a new version, the same tokens", async () => {
      const { before, during, after } = someRotation();
      const { owner, credentials, storeWith, kid } = await someStored(before);
      const used = await storeWith(during).read(owner);
      expect(await kid()).toBe("new");
      expect(used?.cv).not.toBe(credentials.cv);
      expect(revealed({ ...used, cv: credentials.cv })).toEqual(revealed(credentials));
      expect(revealed(await storeWith(after).read(owner))).toEqual(revealed(used));
      await expect(storeWith(before).read(owner)).rejects.toMatchObject(unreadable(owner.sessionId));
    });

    test("re-encryption keeps the remaining lifetime", async () => {
      const { before, during } = someRotation();
      const { owner, storeWith, kid } = await someStored(before, { ttl: 3 });
      await pause(1_800);
      expect(await storeWith(during).read(owner)).toBeDefined();
      expect(await kid()).toBe("new");
      await pause(1_800);
      expect(await storeWith(during).read(owner)).toBeUndefined();
    });

    test("reading credentials sealed with the first key writes nothing", async () => {
      const { owner, driver } = await someStored(ring);
      const write = vi.fn<StorageDriver["commit"]>();
      const reading = new CredentialStore(withOverrides(driver, { commit: write }), { ring, ttl: 60 });
      expect(await reading.read(owner)).toBeDefined();
      expect(await reading.reseal(owner)).toBe(true);
      expect(write).not.toHaveBeenCalled();
    });

    test("a full store costs no sign-in: credentials are used without re-encryption, which happens later", async () => {
      const { before, during } = someRotation();
      const { owner, credentials, storeWith, driver, kid } = await someStored(before);
      const full = withOverrides(driver, {
        commit: () => Promise.reject(new StoreUnavailableError("OOM", "full")),
      });
      const store = new CredentialStore(full, { ring: during, ttl: 60 });
      expect(revealed(await store.read(owner))).toEqual(revealed(credentials));
      await expect(store.reseal(owner)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
      expect(await kid()).toBe("old");
      await storeWith(during).read(owner);
      expect(await kid()).toBe("new");
    });

    test("without credentials there is nothing to re-encrypt", async () => {
      expect(await new CredentialStore(open(), { ring, ttl: 60 }).reseal(ownOwner())).toBe(false);
    });

    test("a refresh that writes during re-encryption wins, and its tokens are kept", async () => {
      const { before, during } = someRotation();
      const { owner, credentials, storeWith, driver } = await someStored(before);
      const refreshed = withNewTokens(credentials);
      const late = withOverrides(driver, {
        commit: async (write) => {
          expect(await storeWith(during).replace(owner, credentials, refreshed)).toBe(true);
          return driver.commit(write);
        },
      });
      const read = await new CredentialStore(late, { ring: during, ttl: 60 }).read(owner);
      expect(read?.signIn?.tokens.accessToken.reveal()).toBe(credentials.signIn.tokens.accessToken.reveal());
      expect(revealed(await storeWith(during).read(owner))).toEqual(revealed(refreshed));
    });

    test("a refresh keeps its tokens even if the old credentials are re-encrypted meanwhile", async () => {
      const { before, during, after } = someRotation();
      const { owner, credentials, storeWith } = await someStored(before);
      const store = storeWith(during);
      const refreshing = refreshCredentials(
        {
          credentials: store,
          registrations,
          fetch: async () => {
            await Promise.all(Array.from({ length: 8 }, () => storeWith(during).read(owner)));
            return Response.json({ access_token: "the-new-token", token_type: "Bearer", refresh_token: "its-own" });
          },
          now: Date.now,
          storeId: newVersion(),
        },
        owner,
        credentials,
      );
      const kept = await refreshing;
      expect(kept.signIn.tokens.accessToken.reveal()).toBe("the-new-token");
      expect(revealed(await storeWith(after).read(owner))).toEqual(revealed(kept));
    });
  });
}

const placeOf = ({ sessionId, userId, serverUrl }: Owner) => ["credentials", sessionId, userId, serverUrl];

const withNewTokens = (credentials: SignedIn): SignedIn => ({
  ...withTokens(credentials, { accessToken: new Secret("the-new-token") }),
  tv: newVersion(),
  cv: newVersion(),
});
