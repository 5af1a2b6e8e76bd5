import { createHash, randomUUID } from "node:crypto";
import { KeyRing, makeKeys } from "../credentials/key-ring.js";
import { ConfigurationError } from "../errors.js";
import { EventHub } from "../events/event-hub.js";
import { EventLog } from "../events/event-log.js";
import { createLog, type Logger } from "../logger.js";
import { forgetProcessWide, processWide } from "../process-wide.js";
import { SessionStore } from "../session/session-store.js";
import type { StorageDriver } from "../session/storage-driver.js";
import { driverOf, forgetDriver, type StorageOption } from "./drivers.js";

/** Everything that this process builds on one storage, including the hub that distributes its events. */
export interface Storage {
  /** Identifies the storage within this process. */
  id: string;
  driver: StorageDriver;
  sessions: SessionStore;
  log: EventLog;
  hub: EventHub;
  /** The keys of the app that opened it, with which it seals secrets. */
  ring: KeyRing;
  close(): Promise<void>;
}

export interface StorageOptions {
  /** How long (seconds) unused sessions are kept. */
  sessionTtl: number;
  /** `id:base64,…` or `none`. Not used by a storage that ends with the process, which generates its own key. */
  encryptionKeys?: string | undefined;
  /** Where the app that opens it is. */
  baseUrl?: string;
  basePath?: string;
  /** How many replicas must have received a write of credentials before it counts as done. */
  waitForReplicas?: number;
  logger: Logger;
}

interface Shared {
  storage: Omit<Storage, "ring" | "close">;
  users: number;
}

/**
 * Returns this process's only `Storage` for a driver. The first app that opens it determines the session lifetime and
 * the logger; each app uses its own keys. It is closed, and its event streams end, when every app that opened it has
 * closed it. Throws a `ConfigurationError` for an invalid storage, for missing or invalid encryption keys, and for an
 * app whose options contradict those of another app on the same storage.
 */
export function openStorage(option: StorageOption | undefined, options: StorageOptions): Storage {
  const driver = driverOf(option);
  const ring = driver.isDurable ? openKeyRing(options) : processWide("key ring", driver, KeyRing.random);
  const unregister = register(driver, options);
  const shared = processWide<Shared>("storage", driver, () => ({ storage: start(driver, options), users: 0 }));
  shared.users += 1;
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    unregister();
    shared.users -= 1;
    if (shared.users > 0) return;
    forgetProcessWide("storage", driver);
    forgetProcessWide("key ring", driver);
    forgetDriver(driver);
    shared.storage.hub.close();
    await driver.close();
  };
  return { ...shared.storage, ring, close };
}

function start(driver: StorageDriver, { sessionTtl, waitForReplicas = 0, logger }: StorageOptions): Shared["storage"] {
  driver.open?.({ log: createLog(logger), waitForReplicas });
  const log = new EventLog(driver);
  return { id: randomUUID(), driver, sessions: new SessionStore(driver, sessionTtl), log, hub: new EventHub(log) };
}

/** What the apps of one process must agree on to share a storage that outlives them. */
interface Agreement {
  /** A hash of the keys. */
  keys: string;
  baseUrl?: string;
  basePath?: string;
  users: number;
}

/** Registers an app as a user of the storage. Returns a function that unregisters it. */
function register(driver: StorageDriver, { encryptionKeys = "", ...options }: StorageOptions): () => void {
  // A storage that ends with the process does not use the apps' keys, and loses its data anyway.
  if (!driver.isDurable) return () => undefined;
  const entries = encryptionKeys.split(",").map((entry) => entry.trim());
  const keys = createHash("sha256").update(entries.join()).digest("base64");
  const { name } = driver;
  const agreed = processWide<Agreement>("agreed", name, () => ({ keys, users: 0 }));
  if (agreed.keys !== keys) throw disagree("encryptionKeys", "neither can read what the other writes");
  for (const option of ["baseUrl", "basePath"] as const) {
    const own = options[option];
    if (own === undefined) continue;
    agreed[option] ??= own;
    if (agreed[option] !== own) throw disagree(option, "sign-ins would return to the wrong one");
  }
  agreed.users += 1;
  return () => {
    agreed.users -= 1;
    if (agreed.users === 0) forgetProcessWide("agreed", name);
  };
}

const disagree = (option: string, why: string) =>
  new ConfigurationError(
    `createMcp: another app in this process has the same "storage" but a different "${option}": ${why}`,
    `Use the same "${option}" for both, or a separate storage for each: another database or another keyPrefix. If you have just changed it, restart the process.`,
  );

function openKeyRing({ encryptionKeys, logger }: StorageOptions): KeyRing {
  if (!encryptionKeys) {
    throw new ConfigurationError(
      'createMcp: "encryptionKeys" is missing. Sign-ins in Redis are encrypted with it',
      makeKeys,
    );
  }
  const ring = KeyRing.parse(encryptionKeys);
  if (!ring.seals) {
    createLog(logger)(
      "error",
      "encryptionKeys is none: anyone who can read this Redis can read the tokens of all users",
    );
  }
  return ring;
}
