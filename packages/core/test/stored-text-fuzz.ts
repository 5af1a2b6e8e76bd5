import { createHash } from "node:crypto";
import { isEventId, loggedEventSchema } from "@mcp-assistant/protocol";
import { type FuzzSizes, garbledText, hostileJson, mutated, mutatedText } from "@mcp-assistant/testing/fuzz";
import fc from "fast-check";
import { expect } from "vitest";
import { type Attempt, AttemptStore, attemptIdOf, nonceMatches } from "../src/authorization/sign-in/attempt.js";
import { decodeCredentials, encodeCredentials, flowOf } from "../src/credentials/credentials.js";
import { KeyRing } from "../src/credentials/key-ring.js";
import { revealJson, Secret } from "../src/credentials/secret.js";
import { resolveLimits } from "../src/limits.js";
import {
  authUrl,
  progress,
  someCredentials,
  someOwner,
  someRecord,
  someSignIn,
  storedTools,
} from "../src/samples.fixture.js";
import { toConnection } from "../src/session/connection-view.js";
import { effectiveState } from "../src/session/effective-state.js";
import { decodeRecord, encodeRecord, ownRecord } from "../src/session/session-record.js";
import { MemoryDriver } from "../src/storage/memory/driver.js";
import { ByteCache } from "../src/tools/byte-cache.js";
import { packTools } from "../src/tools/packed-tools.js";
import { ToolLists } from "../src/tools/tool-lists.js";
import { sharedValue } from "../src/values/stored-value.js";
import { holds, refusedWith } from "./fuzz.js";

/** Leaves texts as they are, so that the inside of a seal can be anything, too. */
const ring = KeyRing.parse("none");
const sealing = KeyRing.random();

/** Stored JSON: some of it with one value changed, some of it mangled as text, some of it not JSON at all. */
function stored(text: string): fc.Arbitrary<string> {
  const changed = mutated(fc.constant(JSON.parse(text))).map((value) => JSON.stringify(value) ?? "");
  return fc.oneof(
    { weight: 6, arbitrary: changed },
    { weight: 2, arbitrary: mutatedText(fc.constant(text)) },
    garbledText,
  );
}

/** The same, but mostly with only its sealed part changed. */
function storedSeal(text: string): fc.Arbitrary<string> {
  const { sealed, ...rest } = JSON.parse(text);
  const inside = stored(sealed).map((changed) => JSON.stringify({ ...rest, sealed: changed }));
  return fc.oneof({ weight: 3, arbitrary: inside }, { weight: 1, arbitrary: stored(text) });
}

const owner = someOwner();
const attemptId = attemptIdOf("state");
const { client, authorizationServer } = someSignIn();
const attempt: Omit<Attempt, "status" | "takenAt"> = {
  userId: "ada",
  sessionId: "session",
  flow: "flow",
  nonceHash: attemptIdOf("nonce"),
  codeVerifier: new Secret("verifier"),
  redirectUrl: "https://app.example/api/mcp/auth/callback",
  scope: null,
  returnTo: "/tools",
  client,
  issuer: "https://auth.example",
  authorizationServer,
};

/** Texts in Redis, where a damaged write, another version or an intruder may have left anything. */
export async function storedTextFuzz(sizes: FuzzSizes): Promise<void> {
  const record = someRecord({ challenge: { resourceMetadataUrl: null, scope: "a" }, tools: { hash: "a", count: 1, listedAt: null } });

  holds(sizes, "a stored record is read, or is unreadable", stored(encodeRecord(record)), async (text) => {
    const { userId, sessionId } = record;
    const read = await refusedWith(["SESSION_UNREADABLE"], () => decodeRecord(sessionId, text));
    expect(ownRecord("another user", { sessionId, record: text, named: false })).toBeUndefined();
    await refusedWith(["SESSION_UNREADABLE"], () => ownRecord(userId, { sessionId, record: text, named: true }));
    if (!read) return;
    expect(toConnection(read, authUrl).createdAt).toMatch(/^\d{4}-/);
    effectiveState(read, Date.now());
    expect(JSON.parse(encodeRecord(read))).toMatchObject({ v: read.v });
  });

  const kept = encodeCredentials(someCredentials({ headers: { "X-Key": new Secret("key") } }), owner, ring);
  holds(sizes, "stored credentials are read, or are unreadable", storedSeal(kept), async (text) => {
    const read = await refusedWith(["SESSION_UNREADABLE"], () => decodeCredentials(text, owner, ring));
    await refusedWith(["SESSION_UNREADABLE"], () => flowOf(text, owner));
    if (read) expect(JSON.parse(revealJson(read.credentials))).toHaveProperty("headers");
  });

  const driver = new MemoryDriver();
  const attempts = new AttemptStore(driver, ring);
  const storedAttempt = sharedValue(driver, "attempt", attemptId);
  await attempts.open(attemptId, attempt, 600);
  const opened = (await storedAttempt.read()) ?? "";
  holds(sizes, "a stored attempt is read, or counts as missing", storedSeal(opened), async (text) => {
    await storedAttempt.write(text, 600);
    const read = await attempts.read(attemptId);
    if (!read) return;
    expect(typeof nonceMatches(read, "nonce")).toBe("boolean");
    expect(URL.canParse(read.issuer)).toBe(true);
    await attempts.take(attemptId, read, Date.now());
  });

  const seal = fc.record({ kid: fc.oneof(fc.constantFrom("memory", "k1", null), garbledText), sealed: garbledText });
  const place = fc.array(garbledText, { maxLength: 3 });
  holds(sizes, "a text that no key has sealed cannot be opened in any place", fc.tuple(seal, place), ([sealed, at]) => {
    expect(sealing.open(sealed, at)).toBeUndefined();
  });

  const secret = fc.tuple(garbledText, place, place, fc.nat());
  holds(
    sizes,
    "a sealed text opens in its own place and complete, or not at all",
    secret,
    ([text, at, elsewhere, cut]) => {
      const wellFormed = text.replaceAll(/\p{Surrogate}/gu, "");
      const sealed = sealing.seal(wellFormed, at);
      expect(sealing.open(sealed, at)).toBe(wellFormed);
      if (JSON.stringify(at) !== JSON.stringify(elsewhere)) expect(sealing.open(sealed, elsewhere)).toBeUndefined();
      const bytes = Buffer.from(sealed.sealed, "base64url");
      bytes[cut % bytes.length] = (bytes[cut % bytes.length] ?? 0) ^ 1;
      expect(sealing.open({ ...sealed, sealed: bytes.toString("base64url") }, at)).toBeUndefined();
    },
  );

  const tool = { name: "look", title: "Look", inputSchema: { type: "object" }, annotations: { readOnlyHint: true } };
  const limits = resolveLimits();
  /** Each reads from the store, as another process does. */
  const lists = () => new ToolLists(driver, { ttl: 600, limits, cache: new ByteCache(2 ** 16) });
  const of = someOwner();
  const keptTools = storedTools(driver, of);
  const packed = await packTools([tool, { ...tool, name: "see" }]);
  const damaged = fc.oneof(mutatedText(fc.constant(packed.text)), garbledText);
  holds(sizes, "a stored tool list is the list of its hash, or counts as missing", damaged, async (text) => {
    await keptTools.write(text, 600);
    const read = await lists().get(of, packed.hash);
    if (read) expect(read.map(({ name }) => name)).toEqual(["look", "see"]);
    const found = await lists().find(of, packed.hash, "see");
    if (found) expect(found).toEqual({ ...tool, name: "see" });
    await keptTools.erase();
  });

  holds(
    sizes,
    "a tool list of an earlier version is a list of tools, or counts as missing",
    mutated(fc.constant([tool, tool])),
    async (list) => {
      const text = JSON.stringify(list) ?? "";
      const hash = createHash("sha256").update(text).digest("hex");
      const kept = sharedValue(driver, "tool-list", hash);
      await kept.write(text, 600);
      for (const tools of (await lists().get(of, hash)) ?? []) expect(typeof tools.name).toBe("string");
      await kept.write(`${text} `, 600);
      expect(await lists().get(of, hash)).toBeUndefined();
      await kept.erase();
    },
  );

  const event = fc.oneof(mutated(fc.constant(progress(record, "a"))), hostileJson);
  holds(sizes, "an entry of the event log is an event, or is refused", fc.tuple(garbledText, event), ([id, entry]) => {
    if (isEventId(id)) expect(id).toMatch(/^\d{1,20}-\d{1,20}$/);
    const { success, data } = loggedEventSchema.safeParse(entry);
    if (success) expect(Object.keys(data).sort()).toEqual(["at", "message", "serverId", "sessionId", "type", "v"]);
  });
}
