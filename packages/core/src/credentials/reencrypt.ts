import * as z from "zod";
import { SessionUnreadableError } from "../errors.js";
import { parseJson } from "../parse-json.js";
import { decodeRecord } from "../session/session-record.js";
import type { StorageDriver } from "../session/storage-driver.js";
import { sharedValue } from "../values/stored-value.js";
import type { CredentialStore } from "./credential-store.js";
import type { Owner } from "./credentials.js";
import type { KeyRing } from "./key-ring.js";
import type { Reencrypted } from "./reencrypted.js";
import { openJson, placeOf, sealedSchema, sealJson } from "./sealed-json.js";

export interface ReencryptDeps {
  driver: StorageDriver;
  credentials: CredentialStore;
  ring: KeyRing;
  handshakes: {
    /** Seals what a session's server said in the handshake, or erases it. */
    reseal(owner: Owner): Promise<void>;
  };
}

type Found = { id: string; text: string };

const storedSchema = z.looseObject(sealedSchema.shape);

/**
 * Seals with the first key everything that another key has sealed: credentials, registrations, attempts, and
 * handshakes, which are not counted because they can be made again. It can run while the fleet works, and can be
 * stopped at any point: the next run does what is left. An old key can be removed from the ring after a run that finds
 * nothing unreadable. `signal` stops the run with its reason.
 */
export async function reencrypt(deps: ReencryptDeps, signal?: AbortSignal): Promise<Reencrypted> {
  const counts: Reencrypted = { current: 0, unreadable: 0 };
  const steps = [
    ["session", resealSession],
    ["registration", (found: Found) => resealValue(deps, "registration", found)],
    ["attempt", (found: Found) => resealValue(deps, "attempt", found)],
  ] as const;
  for (const [kind, reseal] of steps) {
    for await (const found of deps.driver.scan(kind)) {
      signal?.throwIfAborted();
      const done = await reseal(found);
      if (done !== undefined) counts[done ? "current" : "unreadable"] += 1;
    }
  }
  return counts;

  /** `undefined` if the session has no credentials. */
  async function resealSession({ id, text }: Found): Promise<boolean | undefined> {
    try {
      const record = decodeRecord(id, text);
      await deps.handshakes.reseal(record);
      return (await deps.credentials.reseal(record)) ? true : undefined;
    } catch (error) {
      if (error instanceof SessionUnreadableError) return false;
      throw error;
    }
  }
}

async function resealValue({ driver, ring }: ReencryptDeps, kind: "attempt" | "registration", { id, text }: Found) {
  const stored = storedSchema.safeParse(parseJson(text));
  if (!stored.success) return false;
  if (!ring.isOutdated(stored.data)) return true;
  const place = placeOf(kind, id);
  const opened = openJson(ring, stored.data, place);
  if (opened === undefined) return false;
  // The text begins with its status, which may change: the whole text must still be the same.
  await sharedValue(driver, kind, id).replace(
    text,
    JSON.stringify({ ...stored.data, ...sealJson(ring, opened, place) }),
  );
  return true;
}
