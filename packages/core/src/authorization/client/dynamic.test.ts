import { expect, test } from "vitest";
import { revealClient } from "../../credentials/credentials.js";
import { revealed, someRotation } from "../../samples.fixture.js";
import type { StorageDriver } from "../../session/storage-driver.js";
import { sharedValue } from "../../values/stored-value.js";
import type { DiscoveredServer } from "../discovery/discovery.js";
import { knowing, open, redirectUrl, someServer } from "./dynamic.fixture.js";
import type { DynamicRegistrations } from "./dynamic.js";

const ada = { userId: "ada" };

/** The only stored registration, and its key. */
async function storedIn(driver: StorageDriver): Promise<{ id: string; text: string }> {
  for await (const found of driver.scan("registration")) {
    return found;
  }
  throw new Error("There is no registration");
}

test("a client is registered once, and every process with the key uses it again, secret included", async () => {
  const { registrations, driver, asked } = open();
  const client = await registrations.clientAt(someServer());
  expect(revealClient(client).client_secret).toBe(`secret-of-${client.client_id}`);
  expect(revealed(await registrations.clientAt(someServer()))).toEqual(revealed(client));
  const other = open({ driver });
  expect(revealed(await other.registrations.clientAt(someServer()))).toEqual(revealed(client));
  expect([asked.length, other.asked.length]).toEqual([1, 0]);
});

test("a registration is stored without its secrets or its client ID in clear text", async () => {
  const { registrations, driver } = open();
  const { client_id } = await registrations.clientAt(someServer());
  expect((await storedIn(driver)).text).not.toContain(client_id);
});

test("a registration copied to another issuer or another redirect URL is not used there", async () => {
  const { registrations, driver } = open();
  const stolen = await registrations.clientAt(someServer());
  const { id, text } = await storedIn(driver);
  for (const [issuer, redirect] of [
    ["https://evil.example", redirectUrl],
    ["https://auth.example", "https://app.example/elsewhere"],
  ] as const) {
    const other = open({ redirect });
    await other.registrations.clientAt(someServer(issuer));
    const place = (await storedIn(other.driver)).id;
    expect(place).not.toBe(id);
    await sharedValue(other.driver, "registration", place).write(text, 60);
    const client = await other.registrations.clientAt(someServer(issuer));
    expect(client.client_id).not.toBe(stolen.client_id);
    expect(other.asked).toHaveLength(2);
  }
});

test.each<[string, (text: string, clear: string) => string]>([
  ["sealed with a key we do not have", (text) => text.replace('"kid":"test"', '"kid":"other"')],
  ["in clear text", (_text, clear) => JSON.stringify({ kid: null, sealed: clear })],
  ["cut off", (text) => text.slice(0, -20)],
  ["empty", () => ""],
  ["some other JSON", () => '{"client_id":"mine"}'],
])("a stored registration that is %s is replaced by a new one, which is then used again", async (_what, change) => {
  const { registrations, driver, asked } = open();
  const first = await registrations.clientAt(someServer());
  const { id, text } = await storedIn(driver);
  await sharedValue(driver, "registration", id).write(change(text, JSON.stringify(revealed(first))), 60);
  const second = await registrations.clientAt(someServer());
  expect(second.client_id).not.toBe(first.client_id);
  expect(revealed(await registrations.clientAt(someServer()))).toEqual(revealed(second));
  expect(asked).toHaveLength(2);
});

test("a registration sealed with the old key is used while the ring has that key, and replaced afterwards", async () => {
  const { before, during, after } = someRotation();
  const { registrations, driver } = open({ keys: before });
  const { client_id } = await registrations.clientAt(someServer());
  const [rotating, rotated] = [open({ driver, keys: during }), open({ driver, keys: after })];
  expect(await rotating.registrations.clientAt(someServer())).toMatchObject({ client_id });
  expect((await rotated.registrations.clientAt(someServer())).client_id).not.toBe(client_id);
});

test("only the client that the authorization server does not know is replaced, not one that took its place", async () => {
  const { registrations, asked } = open();
  const first = await registrations.clientAt(someServer());
  await registrations.suspect("https://auth.example", { client_id: "another-client" }, ada);
  expect(await registrations.clientAt(someServer())).toMatchObject({ client_id: first.client_id });
  await registrations.suspect("https://auth.example", first, ada);
  expect((await registrations.clientAt(someServer())).client_id).not.toBe(first.client_id);
  expect(asked).toHaveLength(2);
});

test("a suspected client stays stored until its successor is, and for good if the server refuses", async () => {
  const { driver, registrations, asked } = open({ max: 1 });
  const first = await registrations.clientAt(someServer());
  await registrations.suspect("https://auth.example", first, ada);
  expect((await storedIn(driver)).text).not.toBe("");
  for (const user of [1, 2, 3]) {
    const client = await registrations.clientAt(someServer());
    expect([user, client.client_id]).toEqual([user, first.client_id]);
    expect(client).not.toHaveProperty("suspected");
    await registrations.suspect("https://auth.example", first, ada);
  }
  expect(asked).toHaveLength(2);
});

test("a process that reads a suspected client while another registers waits for the successor", async () => {
  const { driver, registrations, asked } = open();
  const first = await registrations.clientAt(someServer());
  await registrations.suspect("https://auth.example", first, ada);
  const other = open({ driver });
  const both = [registrations, other.registrations].map((each) => each.clientAt(someServer()));
  const [one, two] = await Promise.all(both);
  expect(one?.client_id).toBe(two?.client_id);
  expect(one?.client_id).not.toBe(first.client_id);
  expect(asked.length + other.asked.length).toBe(2);
});

/** What users can do, over and over, to have the shared client replaced. */
const ways: [string, (registrations: DynamicRegistrations, round: number) => Promise<unknown>][] = [
  [
    "a sign-in is left lying, by another user each time",
    async (registrations, round) => {
      const client = await registrations.clientAt(someServer());
      return registrations.suspect("https://auth.example", client, { userId: `user-${round}` });
    },
  ],
  [
    "the authorization server lists more scopes each time",
    async (registrations, round) => {
      const listed = Array.from({ length: round + 1 }, (_, scope) => `scope-${scope}`);
      return registrations.clientAt(knowing(...listed), { scope: listed.join(" ") });
    },
  ],
];

test.each(ways)("all users and processes together register at most once more an hour when %s", async (_what, use) => {
  const { driver, registrations, asked } = open({ scope: "default" });
  const other = open({ driver, scope: "default" });
  await registrations.clientAt(someServer());
  for (const round of [0, 1, 2, 3, 4]) {
    await use(registrations, round);
    await use(other.registrations, round);
    await registrations.clientAt(someServer());
  }
  expect(asked.length + other.asked.length).toBe(2);
});

test("all these ways share one turn", async () => {
  const { registrations, asked } = open({ scope: "default" });
  await registrations.clientAt(someServer());
  for (const [, use] of [...ways, ...ways]) await use(registrations, 1);
  expect(asked).toHaveLength(2);
});

/** 4 096 characters of scopes, the most that we send. */
const endless = Array.from({ length: 16 }, (_, index) => `${index}`.padStart(255, "0")).join(" ");

test.each<[string, DiscoveredServer, string | undefined]>([
  ["lists scopes: for all of them", knowing("read", "write"), "read write"],
  ["lists none: for no scope in particular", someServer(), undefined],
  ["lists an empty list: for no scope in particular", knowing(), undefined],
  ["lists more than fits: for no scope in particular", knowing(...endless.split(" "), "read"), undefined],
  ["lists malformed ones: for the others", knowing("read", 'a"b', "ä", "write\\"), "read"],
])("the shared client of a server that %s, whatever MCP servers name", async (_what, server, scope) => {
  const { registrations, asked } = open();
  const clients = new Set<string>();
  for (const named of [endless, "read", undefined, "junk", "read write"]) {
    clients.add((await registrations.clientAt(server, { scope: named })).client_id);
  }
  expect(clients.size).toBe(1);
  expect(asked.map((registration) => registration.scope)).toEqual([scope]);
});

test("a scope that the authorization server has added to its list is registered, too", async () => {
  const { registrations, asked } = open();
  await registrations.clientAt(knowing("read"), { scope: "read" });
  await registrations.clientAt(knowing("read", "write"), { scope: "read write" });
  expect(asked.map(({ scope }) => scope)).toEqual(["read", "read write"]);
});

test("a client that is bound to scopes which the authorization server does not list is replaced by one without", async () => {
  const { registrations, asked } = open();
  await registrations.clientAt(knowing("junk"));
  const { client_id } = await registrations.clientAt(someServer(), { scope: "notes:read" });
  expect(await registrations.clientAt(someServer(), { scope: "notes:write" })).toMatchObject({ client_id });
  expect(asked.map(({ scope }) => scope)).toEqual(["junk", undefined]);
});

test("a server that binds a client without a scope to a default one gets another client for what an MCP server needs", async () => {
  const { registrations, asked } = open({ scope: "default" });
  const shared = await registrations.clientAt(someServer(), { scope: "default" });
  const own = await registrations.clientAt(someServer(), { scope: "notes:write notes:read" });
  expect(own.client_id).not.toBe(shared.client_id);
  expect(await registrations.clientAt(someServer(), { scope: "notes:read notes:write" })).toMatchObject({
    client_id: own.client_id,
  });
  // Another MCP server's scopes change neither of the two.
  expect(await registrations.clientAt(someServer(), { scope: endless })).toMatchObject({ client_id: shared.client_id });
  expect(await registrations.clientAt(someServer(), { scope: "default" })).toMatchObject({
    client_id: shared.client_id,
  });
  expect(asked.map(({ scope }) => scope)).toEqual([undefined, "notes:read notes:write"]);
});

test("a server that refuses the scope that it lists itself is asked again without it", async () => {
  const { registrations, asked } = open({ refused: "admin" });
  const { client_id } = await registrations.clientAt(knowing("read", "admin"), { scope: "read" });
  expect(await registrations.clientAt(knowing("read", "admin"), { scope: "admin" })).toMatchObject({ client_id });
  expect(asked.map(({ scope }) => scope)).toEqual(["read admin", undefined]);
});
