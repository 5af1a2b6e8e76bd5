import { CredentialStore } from "../../credentials/credential-store.js";
import { type Credentials, encodeCredentials, newVersion, type Owner } from "../../credentials/credentials.js";
import type { KeyRing } from "../../credentials/key-ring.js";
import { fetchFrom, registrations, storedSignIn } from "../../samples.fixture.js";
import type { StorageDriver } from "../../session/storage-driver.js";
import type { RefreshDeps } from "./refresh.js";

export interface Surroundings {
  driver: StorageDriver;
  ring: KeyRing;
  hosts: readonly string[];
}

/** One process: it has its own store handle and its own requests in flight. */
export const processOf = ({ driver, ring, hosts }: Surroundings): RefreshDeps => ({
  credentials: new CredentialStore(driver, { ring, ttl: 60 }),
  fetch: fetchFrom(hosts),
  now: Date.now,
  storeId: newVersion(),
  registrations,
});

/** Writes credentials unconditionally, as if from another process. */
export const store = ({ driver, ring }: Surroundings, credentials: Credentials, owner: Owner) =>
  storedSignIn(driver, owner).write(encodeCredentials(credentials, owner, ring), 60);
