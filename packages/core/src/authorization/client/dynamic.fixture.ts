import { ring } from "../../samples.fixture.js";
import type { StorageDriver } from "../../session/storage-driver.js";
import { MemoryDriver } from "../../storage/memory/driver.js";
import type { DiscoveredServer } from "../discovery/discovery.js";
import { DynamicRegistrations } from "./dynamic.js";

export const redirectUrl = "https://app.example/api/mcp/auth/callback";

/** An authorization server that registers every client, each with its own ID and secret. */
export function someServer(issuer = "https://auth.example"): DiscoveredServer {
  const authorizationServerMetadata = {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    response_types_supported: ["code"],
  };
  return { issuer, resource: undefined, authorizationServerUrl: issuer, authorizationServerMetadata };
}

const inMemory = (): StorageDriver => new MemoryDriver();

/** `scope`: what the server binds a client to that asks for none. `refused`: a scope that it registers for no one. */
export function open({
  driver = inMemory(),
  keys = ring,
  redirect = redirectUrl,
  max = Infinity,
  scope = "",
  refused = "",
} = {}) {
  const asked: { scope?: string }[] = [];
  const registrations = new DynamicRegistrations({
    driver,
    ring: keys,
    storeId: crypto.randomUUID(),
    clientName: "Notes app",
    redirectUrls: [redirect],
    fetch: async (_url, init) => {
      const registration: { scope?: string } = JSON.parse(String(init?.body));
      asked.push(registration);
      const isRefused = refused !== "" && registration.scope?.includes(refused);
      if (asked.length > max || isRefused) return Response.json({ error: "invalid_client_metadata" }, { status: 400 });
      const client_id = `client-${crypto.randomUUID()}`;
      const secrets = { client_secret: `secret-of-${client_id}`, registration_access_token: `access-of-${client_id}` };
      const held = registration.scope ?? scope;
      const bound = held ? { scope: held } : {};
      return Response.json({ client_id, redirect_uris: [redirect], ...secrets, ...bound }, { status: 201 });
    },
  });
  return { driver, registrations, asked };
}

/** An authorization server that lists the scopes it knows. */
export function knowing(...scopes_supported: string[]): DiscoveredServer {
  const server = someServer();
  const { authorizationServerMetadata: metadata } = server;
  return { ...server, ...(metadata ? { authorizationServerMetadata: { ...metadata, scopes_supported } } : {}) };
}
