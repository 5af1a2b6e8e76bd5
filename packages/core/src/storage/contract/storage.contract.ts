import type { StorageDriver } from "../../session/storage-driver.js";
import { commitContract } from "./commit.contract.js";
import { credentialStoreContract } from "./credential-store.contract.js";
import { eventLogContract } from "./event-log.contract.js";
import { rateLimitsContract } from "./rate-limits.contract.js";
import { rowsContract } from "./rows.contract.js";
import { sessionLifeContract } from "./session-life.contract.js";
import { sessionStoreContract } from "./session-store.contract.js";
import { sessionTroubleContract } from "./session-trouble.contract.js";
import { storedValueContract } from "./stored-value.contract.js";

/**
 * All that a driver has to keep to, and what stands on it. `open` gives a driver; every test has users of its own, so that
 * it may be the same one. Beside it there is `reencryptContract`, whose every test wants a storage of its own.
 */
export function storageContract(name: string, open: () => StorageDriver): void {
  commitContract(`commits in ${name}`, open);
  rowsContract(`rows in ${name}`, open);
  rateLimitsContract(`counts in ${name}`, open);
  storedValueContract(`values in ${name}`, open);
  eventLogContract(`event logs in ${name}`, open);
  sessionStoreContract(`sessions in ${name}`, open);
  sessionLifeContract(`lives of sessions in ${name}`, open);
  sessionTroubleContract(`troubles of sessions in ${name}`, open);
  credentialStoreContract(`credentials in ${name}`, open);
}
