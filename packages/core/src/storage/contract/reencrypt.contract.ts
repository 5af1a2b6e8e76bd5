import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Attempt, AttemptStore, attemptIdOf } from "../../authorization/sign-in/attempt.js";
import { admissionOf } from "../../credentials/admission.js";
import { CredentialStore } from "../../credentials/credential-store.js";
import { type Credentials, isSignedIn, newVersion, type SignIn } from "../../credentials/credentials.js";
import { KeyRing } from "../../credentials/key-ring.js";
import { reencrypt } from "../../credentials/reencrypt.js";
import { openJson, placeOf, sealedSchema, sealJson } from "../../credentials/sealed-json.js";
import { Secret } from "../../credentials/secret.js";
import { randomToken } from "../../random-token.js";
import {
  noSessionLimit,
  revealed,
  someCredentials,
  someRecord,
  someRotation,
  storedRecord,
  storedSignIn,
  withOverrides,
  withTokens,
} from "../../samples.fixture.js";
import { Handshakes } from "../../server/handshakes.js";
import type { SessionRecord } from "../../session/session-record.js";
import { SessionStore } from "../../session/session-store.js";
import type { StorageDriver } from "../../session/storage-driver.js";
import { sharedValue } from "../../values/stored-value.js";

/** The key rings for a change from clear text to a key and back. */
function ringsWithNone() {
  const key = `key:${randomBytes(32).toString("base64")}`;
  return {
    none: KeyRing.parse("none"),
    leaving: KeyRing.parse(`${key},none`),
    sealing: KeyRing.parse(key),
    returning: KeyRing.parse(`none,${key}`),
  };
}

const someAttempt = ({ client, authorizationServer }: SignIn): Omit<Attempt, "status" | "takenAt"> => ({
  userId: "ada",
  sessionId: "session",
  flow: "flow",
  nonceHash: "0".repeat(64),
  returnTo: null,
  codeVerifier: new Secret(`verifier-${newVersion()}`),
  redirectUrl: "https://app.example/api/mcp/auth/callback",
  scope: null,
  client,
  issuer: "https://auth.example",
  authorizationServer,
});

/** Re-encryption gives the same credentials a new version. */
const withoutVersion = (value: unknown) => ({ ...Object(value), cv: undefined });

const depsOf = (driver: StorageDriver, ring: KeyRing) => ({
  driver,
  ring,
  credentials: new CredentialStore(driver, { ring, ttl: 60 }),
  handshakes: new Handshakes(driver, ring),
});

/**
 * What the rotation of keys guarantees. `open` must return an empty store each time, because a rotation sees all of it.
 */
export function reencryptContract(name: string, open: () => Promise<StorageDriver>): void {
  /** A store with every kind of sealed value: sessions with and without a sign-in, attempts, registrations. */
  async function someVault(by: KeyRing, { count = 3 } = {}) {
    const driver = await open();
    const sessions = new SessionStore(driver, 60);
    const credentials = new CredentialStore(driver, { ring: by, ttl: 60 });
    const attempts = new AttemptStore(driver, by);
    const vault = {
      driver,
      signedIn: [] as { record: SessionRecord; credentials: Credentials }[],
      attemptIds: [] as string[],
      registrations: [] as string[],
    };
    for (let index = 0; index < count; index++) {
      const [created, signIn] = [someRecord(), someCredentials()];
      await sessions.create(created, [], noSessionLimit);
      await sessions.create(someRecord({ userId: created.userId, serverId: "without-a-sign-in" }), [], noSessionLimit);
      const record = { ...created, v: 2 };
      const sealed = credentials.encode(record, signIn);
      await sessions.commit({ previous: created, next: record, events: [], credentials: sealed });
      vault.signedIn.push({ record, credentials: signIn });

      const attemptId = attemptIdOf(randomToken());
      await attempts.open(attemptId, someAttempt(signIn.signIn), 60);
      vault.attemptIds.push(attemptId);

      const hash = attemptIdOf(randomToken());
      const client = { client_id: "our-client", client_secret: new Secret(`secret-${index}`) };
      const text = JSON.stringify(sealJson(by, client, placeOf("registration", hash)));
      await sharedValue(driver, "registration", hash).write(text, 60);
      vault.registrations.push(hash);
    }
    return vault;
  }

  type Vault = Awaited<ReturnType<typeof someVault>>;

  /** Everything in the vault that a process with these keys can read. */
  async function readWith(ring: KeyRing, { driver, signedIn, attemptIds, registrations }: Vault) {
    const store = new CredentialStore(driver, { ring, ttl: 60 });
    const attempts = new AttemptStore(driver, ring);
    const read = [
      ...signedIn.map(({ record }) => store.read(record).catch(() => undefined)),
      ...attemptIds.map((id) => attempts.read(id)),
      ...registrations.map(async (hash) => {
        const sealed = sealedSchema.parse(JSON.parse((await sharedValue(driver, "registration", hash).read()) ?? ""));
        return openJson(ring, sealed, placeOf("registration", hash));
      }),
    ];
    return (await Promise.all(read)).filter((each) => each !== undefined).map((each) => withoutVersion(revealed(each)));
  }

  describe(name, () => {
    test("everything is re-encrypted with the first key and can then be read without the old one", async () => {
      const { before, during, after } = someRotation();
      const vault = await someVault(before);
      const all = await readWith(before, vault);
      expect(all).toHaveLength(9);
      expect(await readWith(after, vault)).toEqual([]);
      expect(await reencrypt(depsOf(vault.driver, during))).toEqual({ current: 9, unreadable: 0 });
      expect(await readWith(after, vault)).toEqual(all);
      expect(await readWith(before, vault)).toEqual([]);
      expect(await reencrypt(depsOf(vault.driver, after))).toEqual({ current: 9, unreadable: 0 });
    });

    test("clear text can be sealed, and sealed text turned back into clear text", async () => {
      const { none, leaving, sealing, returning } = ringsWithNone();
      const vault = await someVault(none);
      const all = await readWith(none, vault);
      await reencrypt(depsOf(vault.driver, leaving));
      expect(await readWith(none, vault)).toEqual([]);
      expect(await readWith(sealing, vault)).toEqual(all);
      await reencrypt(depsOf(vault.driver, returning));
      expect(await readWith(none, vault)).toEqual(all);
    });

    test("an aborted rotation rejects, and the next one completes it", async () => {
      const { before, during, after } = someRotation();
      const vault = await someVault(before);
      const all = await readWith(before, vault);
      const ending = new AbortController();
      let writes = 0;
      const counting = withOverrides(vault.driver, {
        commit: (commit) => {
          if (++writes === 4) ending.abort(new Error("that will do"));
          return vault.driver.commit(commit);
        },
      });
      await expect(reencrypt(depsOf(counting, during), ending.signal)).rejects.toThrow("that will do");
      expect(await readWith(after, vault)).toHaveLength(4);
      expect(await readWith(during, vault)).toEqual(all);
      expect(await reencrypt(depsOf(counting, during))).toEqual({ current: 9, unreadable: 0 });
      expect(await readWith(after, vault)).toEqual(all);
    });

    test("a rotation aborted before it begins does nothing", async () => {
      const { before, during } = someRotation();
      const vault = await someVault(before, { count: 1 });
      const ended = AbortSignal.abort(new Error("never mind"));
      await expect(reencrypt(depsOf(vault.driver, during), ended)).rejects.toThrow("never mind");
      expect(await readWith(before, vault)).toHaveLength(3);
    });

    test("unreadable values are counted, left unchanged, and do not stop the rest", async () => {
      const { before, during, after } = someRotation();
      const vault = await someVault(before);
      const { driver, signedIn, attemptIds, registrations } = vault;
      const lost = someRotation().before.seal("{}", ["lost"]);
      const [first, second] = signedIn;
      if (!first || !second) throw new Error("unreachable");
      const shared = (kind: "attempt" | "registration", id = "") => sharedValue(driver, kind, id);
      const broken = [
        [storedSignIn(driver, first.record), JSON.stringify({ tv: "a", cv: "b", flow: "c", ...lost })],
        [storedRecord(driver, second.record), '{"v":1,"format":99}'],
        [shared("attempt", attemptIds[0]), JSON.stringify({ status: "open", takenAt: null, ...lost })],
        [shared("attempt", attemptIds[1]), "not JSON"],
        [shared("registration", registrations[0]), JSON.stringify(lost)],
      ] as const;
      for (const [stored, text] of broken) await stored.write(text, 60);
      expect(await reencrypt(depsOf(driver, during))).toEqual({ current: 4, unreadable: 5 });
      for (const [stored, text] of broken) expect(await stored.read()).toBe(text);
      // The sign-in of the unreadable record is left unchanged, too.
      expect(await readWith(after, vault)).toHaveLength(4);
    });

    test("handshakes are re-encrypted, and those that cannot be opened are erased", async () => {
      const driver = await open();
      const { before, during, after } = someRotation();
      const sessions = new SessionStore(driver, 60);
      const keep = async (ring: KeyRing) => {
        const created = someRecord();
        await sessions.create(created, [], noSessionLimit);
        const handshake = {
          era: "legacy",
          initialize: { protocolVersion: "2025-11-25", capabilities: {} },
          transportSession: new Secret(`transport-${newVersion()}`),
        } as const;
        const made = { admission: admissionOf({ record: created, credentials: undefined }), handshake };
        const { text } = new Handshakes(driver, ring).seal(created, made, { now: Date.now() });
        await sessions.commit({ previous: created, next: { ...created, v: 2 }, events: [], handshake: text });
        return { owner: created, handshake, text };
      };
      const [old, current, lost] = [await keep(before), await keep(after), await keep(someRotation().before)];
      const read = async ({ owner }: typeof old) => {
        const stored = await sessions.read(owner.userId, owner.sessionId);
        if (!stored) throw new Error("The session is gone");
        return { text: stored.handshake, kept: new Handshakes(driver, after).current(stored) };
      };
      expect((await read(old)).kept).toBeUndefined();
      expect(await reencrypt(depsOf(driver, during))).toEqual({ current: 0, unreadable: 0 });
      const resealed = await read(old);
      expect(revealed(resealed.kept?.handshake)).toEqual(revealed(old.handshake));
      // Connections that are open with it go by the head.
      expect(resealed.text).toContain(old.text.slice(0, old.text.indexOf(",")));
      expect((await read(current)).text).toBe(current.text);
      expect((await read(lost)).text).toBeUndefined();
    });

    test("a rotation of an empty store does nothing", async () => {
      const driver = await open();
      expect(await reencrypt(depsOf(driver, someRotation().during))).toEqual({ current: 0, unreadable: 0 });
    });

    test("refreshes that write during a rotation keep their tokens", async () => {
      const { before, during, after } = someRotation();
      const vault = await someVault(before, { count: 20 });
      const store = new CredentialStore(vault.driver, { ring: during, ttl: 60 });
      const refresh = async ({ record }: Vault["signedIn"][number]) => {
        for (;;) {
          const base = await store.read(record);
          if (!isSignedIn(base)) throw new Error("The sign-in is gone");
          const accessToken = new Secret(`refreshed-${newVersion()}`);
          const next = { ...withTokens(base, { accessToken }), tv: newVersion(), cv: newVersion() };
          if (await store.replace(record, base, next)) return next;
        }
      };
      const [counts, ...written] = await Promise.all([
        reencrypt(depsOf(vault.driver, during)),
        ...vault.signedIn.map(refresh),
      ]);
      expect(counts).toEqual({ current: 60, unreadable: 0 });
      const read = await readWith(after, vault);
      expect(read.slice(0, 20)).toEqual(written.map((each) => withoutVersion(revealed(each))));
      expect(read).toHaveLength(60);
    });
  });
}
