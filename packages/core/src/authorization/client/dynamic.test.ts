import { expect, test } from "vitest";
import { revealClient } from "../../credentials/credentials.js";
import { revealed, ring, someRotation } from "../../samples.fixture.js";
import { MemoryDriver } from "../../storage/memory/driver.js";
import { sharedValue } from "../../values/stored-value.js";
import type { DiscoveredServer } from "../discovery/discovery.js";
import { DynamicRegistrations } from "./dynamic.js";

const redirectUrl = "https://app.example/api/mcp/auth/callback";

/** An authorization server that registers every client, each with its own ID and secret. */
function someServer(issuer = "https://auth.example"): DiscoveredServer {
  const authorizationServerMetadata = {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    response_types_supported: ["code"],
  };
  return { issuer, resource: undefined, authorizationServerUrl: issuer, authorizationServerMetadata };
}

function open({ driver = new MemoryDriver(), keys = ring, redirect = redirectUrl, max = Infinity } = {}) {
  const asked: { scope?: string }[] = [];
  const registrations = new DynamicRegistrations({
    driver,
    ring: keys,
    storeId: crypto.randomUUID(),
    clientName: "Notes app",
    redirectUrls: [redirect],
    fetch: async (_url, init) => {
      asked.push(JSON.parse(String(init?.body)));
      if (asked.length > max) return Response.json({ error: "invalid_client_metadata" }, { status: 400 });
      const client_id = `client-${crypto.randomUUID()}`;
      const secrets = { client_secret: `secret-of-${client_id}`, registration_access_token: `access-of-${client_id}` };
      return Response.json({ client_id, redirect_uris: [redirect], ...secrets }, { status: 201 });
    },
  });
  return { driver, registrations, asked };
}

/** The only stored registration, and its key. */
async function storedIn(driver: MemoryDriver): Promise<{ id: string; text: string }> {
  for await (const found of driver.scan("registration")) {
    return found;
  }
  throw new Error("There is no registration");
}

test("a client is registered once, and every process with the key uses it again, secret included", async () => {
  const { registrations, driver, asked } = open();
  const client = await registrations.clientAt(someServer(), undefined);
  expect(revealClient(client).client_secret).toBe(`secret-of-${client.client_id}`);
  expect(revealed(await registrations.clientAt(someServer(), undefined))).toEqual(revealed(client));
  const other = open({ driver });
  expect(revealed(await other.registrations.clientAt(someServer(), undefined))).toEqual(revealed(client));
  expect([asked.length, other.asked.length]).toEqual([1, 0]);
});

test("a registration is stored without its secrets or its client ID in clear text", async () => {
  const { registrations, driver } = open();
  const { client_id } = await registrations.clientAt(someServer(), undefined);
  expect((await storedIn(driver)).text).not.toContain(client_id);
});

test("a registration copied to another issuer or another redirect URL is not used there", async () => {
  const { registrations, driver } = open();
  const stolen = await registrations.clientAt(someServer(), undefined);
  const { id, text } = await storedIn(driver);
  for (const [issuer, redirect] of [
    ["https://evil.example", redirectUrl],
    ["https://auth.example", "https://app.example/elsewhere"],
  ] as const) {
    const other = open({ redirect });
    await other.registrations.clientAt(someServer(issuer), undefined);
    const place = (await storedIn(other.driver)).id;
    expect(place).not.toBe(id);
    await sharedValue(other.driver, "registration", place).write(text, 60);
    const client = await other.registrations.clientAt(someServer(issuer), undefined);
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
  const first = await registrations.clientAt(someServer(), undefined);
  const { id, text } = await storedIn(driver);
  await sharedValue(driver, "registration", id).write(change(text, JSON.stringify(revealed(first))), 60);
  const second = await registrations.clientAt(someServer(), undefined);
  expect(second.client_id).not.toBe(first.client_id);
  expect(revealed(await registrations.clientAt(someServer(), undefined))).toEqual(revealed(second));
  expect(asked).toHaveLength(2);
});

test("a registration sealed with the old key is used while the ring has that key, and replaced afterwards", async () => {
  const { before, during, after } = someRotation();
  const { registrations, driver } = open({ keys: before });
  const { client_id } = await registrations.clientAt(someServer(), undefined);
  const [rotating, rotated] = [open({ driver, keys: during }), open({ driver, keys: after })];
  expect(await rotating.registrations.clientAt(someServer(), undefined)).toMatchObject({ client_id });
  expect((await rotated.registrations.clientAt(someServer(), undefined)).client_id).not.toBe(client_id);
});

test("only the client that the authorization server does not know is forgotten, not one that took its place", async () => {
  const { registrations, asked } = open();
  const first = await registrations.clientAt(someServer(), undefined);
  await registrations.forget("https://auth.example", "another-client");
  expect(await registrations.clientAt(someServer(), undefined)).toMatchObject({ client_id: first.client_id });
  await registrations.forget("https://auth.example", first.client_id);
  expect((await registrations.clientAt(someServer(), undefined)).client_id).not.toBe(first.client_id);
  expect(asked).toHaveLength(2);
});

test("a scope that the client is not registered for makes us register again, for the old and the new scope", async () => {
  const { registrations, asked } = open();
  const reader = await registrations.clientAt(someServer(), "read");
  const writer = await registrations.clientAt(someServer(), "write");
  expect(writer.client_id).not.toBe(reader.client_id);
  for (const scope of ["read", "write", "write read", undefined]) {
    expect(await registrations.clientAt(someServer(), scope)).toMatchObject({ client_id: writer.client_id });
  }
  expect(asked.map(({ scope }) => scope)).toEqual(["read", "read write"]);
});

test("a client registered for no particular scope is used for every scope", async () => {
  const { registrations, asked } = open();
  const { client_id } = await registrations.clientAt(someServer(), undefined);
  expect(await registrations.clientAt(someServer(), "read")).toMatchObject({ client_id });
  expect(asked).toHaveLength(1);
});

test("a client that cannot be registered for more scopes is used as it is", async () => {
  const { registrations } = open({ max: 1 });
  const { client_id } = await registrations.clientAt(someServer(), "read");
  expect(await registrations.clientAt(someServer(), "read admin")).toMatchObject({ client_id });
  expect(await registrations.clientAt(someServer(), "read")).toMatchObject({ client_id });
});

/** An authorization server that lists the scopes it knows. */
function knowing(...scopes_supported: string[]): DiscoveredServer {
  const server = someServer();
  const { authorizationServerMetadata: metadata } = server;
  return { ...server, ...(metadata ? { authorizationServerMetadata: { ...metadata, scopes_supported } } : {}) };
}

test("a scope that the authorization server does not know never makes us register again", async () => {
  const { registrations, asked } = open();
  for (const scope of ["read", "read junk", "junk more-junk", "read write"]) {
    await registrations.clientAt(knowing("read", "write"), scope);
  }
  expect(asked.map(({ scope }) => scope)).toEqual(["read", "read write"]);
});

test("if the server does not list its scopes, we register again for a scope at most once an hour", async () => {
  const { registrations, asked } = open();
  for (const scope of ["a", "b", "c", "d"]) await registrations.clientAt(someServer(), scope);
  expect(asked.map(({ scope }) => scope)).toEqual(["a", "a b"]);
});

test("two simultaneous sign-ins with different scopes both get a client that is registered for theirs", async () => {
  const { registrations, asked } = open();
  const server = knowing("read", "write", "delete");
  await registrations.clientAt(server, "read");
  const [write, remove] = await Promise.all([
    registrations.clientAt(server, "read write"),
    registrations.clientAt(server, "read delete"),
  ]);
  const byId = new Map([write, remove].map(({ client_id, ...rest }) => [client_id, rest]));
  expect(byId.size).toBe(2);
  expect(asked.map(({ scope }) => scope)).toEqual(["read", "read write", "read write delete"]);
});

test("a scope list that has no room for more does not make us register at every sign-in", async () => {
  const { registrations, asked } = open();
  const endless = Array.from({ length: 16 }, (_, index) => `${index}`.padStart(255, "0")).join(" ");
  const { client_id } = await registrations.clientAt(someServer(), endless);
  expect((await registrations.clientAt(someServer(), "notes:write")).client_id).toBe(client_id);
  expect(asked).toHaveLength(1);
});
