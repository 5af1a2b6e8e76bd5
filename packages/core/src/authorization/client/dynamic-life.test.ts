import { expect, test, vi } from "vitest";
import { ring } from "../../samples.fixture.js";
import { MemoryDriver } from "../../storage/memory/driver.js";
import { DynamicRegistrations } from "./dynamic.js";

const issuer = "https://auth.example";
const inAnHour = Date.now() / 1_000 + 3_600;

test.each([
  ["in an hour and a bit", inAnHour + 0.5, 3_600],
  ["in the past", 1, 1],
  ["before 1970", -5, 1],
  ["never", 0, 30 * 24 * 3_600],
  ["later than any store can count", 1e300, 30 * 24 * 3_600],
])("a secret that expires %s is kept for whole seconds that a store can count", async (_case, end, life) => {
  const driver = new MemoryDriver();
  const commit = vi.spyOn(driver, "commit");
  const registrations = new DynamicRegistrations({
    driver,
    ring,
    storeId: crypto.randomUUID(),
    clientName: "Notes app",
    redirectUrls: ["https://app.example/api/mcp/auth/callback"],
    fetch: async () =>
      Response.json(
        {
          client_id: "ours",
          redirect_uris: ["https://app.example/api/mcp/auth/callback"],
          client_secret: "secret",
          client_secret_expires_at: end,
        },
        { status: 201 },
      ),
  });
  const authorizationServerMetadata = {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    response_types_supported: ["code"],
  };
  const server = { issuer, resource: undefined, authorizationServerUrl: issuer, authorizationServerMetadata };
  await registrations.clientAt(server);
  const [written] = commit.mock.calls.flatMap(([{ set = [] }]) =>
    set.filter(({ value }) => value.kind === "registration"),
  );
  const ttl = Number(written?.lifeMs) / 1_000;
  expect(Number.isInteger(ttl)).toBe(true);
  expect(Math.abs(ttl - life)).toBeLessThan(5);
});
