import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RegisteredClient } from "../../credentials/credentials.js";
import { open, redirectUrl, someServer } from "./dynamic.fixture.js";
import type { DynamicRegistrations } from "./dynamic.js";
import type { Registrant } from "./registrant.js";

const issuer = "https://auth.example";
const minuteMs = 60_000;

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => vi.useRealTimers());

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** A user, and how many registrations have counted for them. */
function someone(userId: string) {
  const count = { now: 0, most: 0 };
  const registrant: Registrant = {
    userId,
    take: async () => {
      count.now += 1;
      count.most = Math.max(count.most, count.now);
    },
    giveBack: async () => {
      count.now -= 1;
    },
  };
  return { registrant, count };
}

/** What a hostile user does to take turns from others: everything that costs them nothing, ten times. */
async function takeTurns(registrations: DynamicRegistrations, userId = "eve"): Promise<void> {
  const { registrant } = someone(userId);
  for (let round = 0; round < 10; round += 1) {
    const client = await registrations.clientAt(someServer(), { scope: `junk-${round}`, registrant });
    await registrations.suspect(issuer, client, { userId });
    const shared = await registrations.clientAt(someServer());
    await registrations.suspect(issuer, shared, { userId });
    await registrations.widen(someServer(), { client: shared, redirectUrl, scope: `more-${round}` }, registrant);
  }
}

type Needs = (registrations: DynamicRegistrations, before: RegisteredClient) => Promise<RegisteredClient>;
const ada = () => someone("ada").registrant;
const scope = "notes:read";

/** What an honest user needs of an authorization server that binds clients to its default scope. */
test.each<[string, Needs, string | undefined]>([
  [
    "a scope that the shared client says it lacks",
    (registrations) => registrations.clientAt(someServer(), { scope, registrant: ada() }),
    scope,
  ],
  [
    "another client, because the server refused the scope to the shared one",
    async (registrations, client) => {
      await registrations.widen(someServer(), { client, redirectUrl, scope }, ada());
      return registrations.clientAt(someServer(), { scope, registrant: ada() });
    },
    scope,
  ],
  [
    "another client, because the token endpoint does not know the shared one",
    async (registrations, client) => {
      await registrations.suspect(issuer, client, "authorization-server");
      return registrations.clientAt(someServer());
    },
    undefined,
  ],
  [
    "another client for the same scope, because the token endpoint does not know it",
    async (registrations) => {
      const own = await registrations.clientAt(someServer(), { scope, registrant: ada() });
      await registrations.suspect(issuer, own, "authorization-server");
      const next = await registrations.clientAt(someServer(), { scope });
      expect(next.client_id).not.toBe(own.client_id);
      return next;
    },
    scope,
  ],
])("after a hostile user has taken all turns, an honest one gets %s", async (_what, needs, registered) => {
  const { registrations, asked } = open({ scope: "default" });
  const first = await registrations.clientAt(someServer());
  await takeTurns(registrations);
  const shared = await registrations.clientAt(someServer());
  const client = await needs(registrations, shared);
  expect([first.client_id, shared.client_id]).not.toContain(client.client_id);
  expect(asked.at(-1)?.scope).toBe(registered);
});

test("on the word of users alone, a forgotten client is replaced within an hour, no matter who takes the turns", async () => {
  const { registrations } = open({ scope: "default" });
  const first = await registrations.clientAt(someServer());
  await takeTurns(registrations);
  const renewed = await registrations.clientAt(someServer());
  expect(renewed.client_id).not.toBe(first.client_id);
  // The server forgets this one, too.
  await registrations.suspect(issuer, renewed, { userId: "ada" });
  expect(await registrations.clientAt(someServer())).toMatchObject({ client_id: renewed.client_id });
  later(60 * minuteMs + 1);
  await takeTurns(registrations);
  expect((await registrations.clientAt(someServer())).client_id).not.toBe(renewed.client_id);
});

test("the server's own word replaces a client once in five minutes, and no user's word delays it", async () => {
  const { registrations, asked } = open();
  const replaced = async () => {
    const before = await registrations.clientAt(someServer());
    await registrations.suspect(issuer, before, "authorization-server");
    return (await registrations.clientAt(someServer())).client_id !== before.client_id;
  };
  await registrations.clientAt(someServer());
  expect([await replaced(), await replaced()]).toEqual([true, false]);
  later(5 * minuteMs + 1);
  expect([await replaced(), await replaced()]).toEqual([true, false]);
  expect(asked).toHaveLength(3);
});

test("a user causes one client for a scope an hour, and pays for each; others have turns of their own", async () => {
  const { registrations, asked } = open({ scope: "default" });
  await registrations.clientAt(someServer());
  const [eve, bob] = [someone("eve"), someone("bob")];
  for (const hour of [1, 2, 3]) {
    for (const round of [0, 1, 2, 3]) {
      const named = `junk-${hour}-${round}`;
      const client = await registrations.clientAt(someServer(), { scope: named, registrant: eve.registrant });
      await registrations.suspect(issuer, client, { userId: "eve" });
      await registrations.clientAt(someServer(), { scope: named, registrant: eve.registrant });
    }
    later(60 * minuteMs + 1);
  }
  // Beside the first one: three for one scope, and at most one shared client an hour.
  expect(asked.flatMap(({ scope: named }) => named ?? [])).toEqual(["junk-1-0", "junk-2-0", "junk-3-0"]);
  expect(asked.length).toBeLessThanOrEqual(1 + 3 + 3);
  expect(eve.count.now).toBe(3);
  await registrations.clientAt(someServer(), { scope, registrant: bob.registrant });
  expect(asked.at(-1)?.scope).toBe(scope);
  expect(bob.count.now).toBe(1);
});

test("a client for one scope is never stored if the server refuses that scope", async () => {
  const { registrations, asked } = open({ scope: "default", refused: "junk" });
  const shared = await registrations.clientAt(someServer());
  const eve = someone("eve");
  const client = await registrations.clientAt(someServer(), { scope: "junk", registrant: eve.registrant });
  expect(client.client_id).toBe(shared.client_id);
  expect(asked.map(({ scope: named }) => named)).toEqual([undefined, "junk"]);
  expect(eve.count).toEqual({ now: 0, most: 1 });
});

test.each([
  ["fails", 0, 0],
  ["succeeds", Infinity, 1],
])("a registration that %s leaves %s", async (_how, max, left) => {
  const { registrations } = open({ max });
  const { registrant, count } = someone("ada");
  await registrations.clientAt(someServer(), { registrant }).catch(() => undefined);
  expect(count).toEqual({ now: left, most: 1 });
});

test("a registration that the user's count refuses leaves them their turn, and one without a turn does not count", async () => {
  const { registrations } = open({ scope: "default" });
  const shared = await registrations.clientAt(someServer());
  const { registrant, count } = someone("ada");
  const refused = { ...registrant, take: () => Promise.reject(new Error("too many")) };
  expect(await registrations.clientAt(someServer(), { scope, registrant: refused })).toEqual(shared);
  expect(await registrations.clientAt(someServer(), { scope, registrant })).toMatchObject({ askedScope: scope });
  expect(count.now).toBe(1);
  expect(await registrations.clientAt(someServer(), { scope: "more", registrant })).toEqual(shared);
  expect(count.now).toBe(1);
});
