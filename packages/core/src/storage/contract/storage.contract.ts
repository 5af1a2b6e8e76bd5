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
import { toolListsContract } from "./tool-lists.contract.js";

/**
 * Tests everything that a driver must guarantee, and the stores built on it. `open` returns a driver. It may be the
 * same one each time, because every test has its own users. In addition, there is `reencryptContract`, whose tests each
 * need an empty storage.
 */
export function storageContract(name: string, open: () => StorageDriver): void {
  commitContract(`commits in ${name}`, open);
  rowsContract(`rows in ${name}`, open);
  rateLimitsContract(`rate limits in ${name}`, open);
  storedValueContract(`values in ${name}`, open);
  eventLogContract(`event logs in ${name}`, open);
  sessionStoreContract(`sessions in ${name}`, open);
  sessionLifeContract(`lifetimes of sessions in ${name}`, open);
  sessionTroubleContract(`damaged and excess sessions in ${name}`, open);
  toolListsContract(`tool lists in ${name}`, open);
  credentialStoreContract(`credentials in ${name}`, open);
}
