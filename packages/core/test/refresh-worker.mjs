// One process of a fleet: refreshes the tokens that it is told to, with many callers at once, and reports what they
// got.
import { randomUUID } from "node:crypto";
import { authenticationOf } from "../dist/authorization/client/authentication.js";
import { refreshCredentials } from "../dist/authorization/tokens/refresh.js";
import { CredentialStore } from "../dist/credentials/credential-store.js";
import { AddressPolicy } from "../dist/outbound/address-policy.js";
import { createGuardedFetch } from "../dist/outbound/guarded-fetch.js";
import { openStorage } from "../dist/storage/storage.js";

const { url, encryptionKeys, owner, hosts, callers } = JSON.parse(process.argv[2]);
const { driver, ring } = openStorage(url, { sessionTtl: 600, encryptionKeys, logger: () => undefined });
const deps = {
  credentials: new CredentialStore(driver, { ring, ttl: 600 }),
  fetch: createGuardedFetch({ policy: new AddressPolicy(hosts), log: () => undefined, timeout: 10_000 }),
  now: Date.now,
  storeId: randomUUID(),
  registrations: { forget: async () => undefined, authenticationOf },
};

process.on("message", async ({ tv }) => {
  const stored = await deps.credentials.read(owner);
  // What every caller in this process held when it found its token expired.
  const held = { ...stored, tv };
  const answers = await Promise.allSettled(
    Array.from({ length: callers }, () => refreshCredentials(deps, owner, held)),
  );
  process.send([...new Set(answers.map(({ value, reason }) => value?.tv ?? `failed: ${reason.code}`))]);
});
process.on("disconnect", () => process.exit());
process.send("ready");
