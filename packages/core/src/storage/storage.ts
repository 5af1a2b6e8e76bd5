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

/** What stands on one storage in this process, the hub that fans out its events among it. */
export interface Storage {
  /** Names the storage within this process. */
  id: string;
  driver: StorageDriver;
  sessions: SessionStore;
  log: EventLog;
  hub: EventHub;
  /** What seals secrets in this storage, for who opened it. */
  ring: KeyRing;
  close(): Promise<void>;
}

export interface StorageOptions {
  /** Seconds that unused sessions are kept. */
  sessionTtl: number;
  /** `kid:base64,…` or `none`; a storage that ends with the process makes its own. */
  encryptionKeys?: string | undefined;
  /** The origin of the app that opens it. */
  baseUrl?: string;
  /** How many replicas must have a write of credentials before it counts as done. */
  waitForReplicas?: number;
  logger: Logger;
}

interface Shared {
  storage: Omit<Storage, "ring" | "close">;
  users: number;
}

/**
 * This process's one `Storage` for a driver; whoever opens it first decides its life and its logger, everybody its own
 * keys. It is closed when everybody who opened it has closed it. Throws a `ConfigurationError` for a storage that cannot be
 * one, for encryption keys that are missing or wrong, and for an app that does not agree with another one on the same storage.
 */
export function openStorage(option: StorageOption | undefined, options: StorageOptions): Storage {
  const driver = driverOf(option);
  const ring = driver.isDurable ? openKeyRing(options) : processWide("key ring", driver, KeyRing.random);
  const leave = enter(driver, options);
  const shared = processWide<Shared>("storage", driver, () => ({ storage: start(driver, options), users: 0 }));
  shared.users += 1;
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    leave();
    shared.users -= 1;
    if (shared.users > 0) return;
    forgetProcessWide("storage", driver);
    forgetProcessWide("key ring", driver);
    forgetDriver(driver);
    await driver.close();
  };
  return { ...shared.storage, ring, close };
}

function start(driver: StorageDriver, { sessionTtl, waitForReplicas = 0, logger }: StorageOptions): Shared["storage"] {
  driver.open?.({ log: createLog(logger), waitForReplicas });
  const log = new EventLog(driver);
  return { id: randomUUID(), driver, sessions: new SessionStore(driver, sessionTtl), log, hub: new EventHub(log) };
}

/** What the apps of one process have to agree on when they share a storage that outlives them. */
interface Agreed {
  /** A hash of the keys. */
  keys: string;
  baseUrl: string | undefined;
  users: number;
}

/** Answers how to leave. */
function enter(driver: StorageDriver, { encryptionKeys = "", baseUrl }: StorageOptions): () => void {
  // What ends with the process is nobody's loss, and needs none of the keys.
  if (!driver.isDurable) return () => undefined;
  const entries = encryptionKeys.split(",").map((entry) => entry.trim());
  const keys = createHash("sha256").update(entries.join()).digest("base64");
  const { name } = driver;
  const agreed = processWide<Agreed>("agreed", name, () => ({ keys, baseUrl, users: 0 }));
  if (agreed.keys !== keys) throw disagree("encryptionKeys", "neither opens what the other seals");
  if (agreed.baseUrl !== undefined && baseUrl !== undefined && agreed.baseUrl !== baseUrl) {
    throw disagree("baseUrl", "sign-ins would come back to the wrong one");
  }
  agreed.baseUrl ??= baseUrl;
  agreed.users += 1;
  return () => {
    agreed.users -= 1;
    if (agreed.users === 0) forgetProcessWide("agreed", name);
  };
}

const disagree = (option: string, why: string) =>
  new ConfigurationError(
    `createMcp: another app of this process has the same "storage" and another "${option}": ${why}`,
    `Give both the same "${option}", or each a storage of its own: another database, or another keyPrefix.`,
  );

function openKeyRing({ encryptionKeys, logger }: StorageOptions): KeyRing {
  if (!encryptionKeys) {
    throw new ConfigurationError(
      'createMcp: "encryptionKeys" is missing, which Redis needs: sign-ins are sealed with them',
      makeKeys,
    );
  }
  const ring = KeyRing.parse(encryptionKeys);
  if (!ring.seals) {
    createLog(logger)("error", "encryptionKeys is none: whoever reads this Redis reads the tokens of all users");
  }
  return ring;
}
