import { z } from "zod";
import { SessionUnreadableError } from "../errors.js";
import { decodeRecord } from "../session/session-record.js";
import type { ValueStore } from "../values/value-store.js";
import type { CredentialStore } from "./credential-store.js";
import type { KeyRing } from "./key-ring.js";
import type { Reencrypted } from "./reencrypted.js";
import { openJson, parseJson, placeOf, sealedSchema, sealJson } from "./sealed-json.js";

export interface ReencryptDeps {
  values: ValueStore;
  credentials: CredentialStore;
  ring: KeyRing;
}

const storedSchema = z.looseObject(sealedSchema.shape);

/**
 * Seals with the first key whatever another one has sealed: credentials, registrations, attempts. May run while the
 * fleet works, and be ended at any point: run again, it only does what is left. An old key can be taken out of the ring
 * when it ends without anything unreadable. `signal` ends it with its reason.
 */
export async function reencrypt(deps: ReencryptDeps, signal?: AbortSignal): Promise<Reencrypted> {
  const counts: Reencrypted = { current: 0, unreadable: 0 };
  const { keys } = deps.values;
  const steps = [
    ["session", resealCredentials],
    ["registration", (key: string) => resealValue(deps, "registration", key)],
    ["attempt", (key: string) => resealValue(deps, "attempt", key)],
  ] as const;
  for (const [kind, reseal] of steps) {
    for await (const key of deps.values.scan(keys.pattern(kind))) {
      signal?.throwIfAborted();
      const done = await reseal(key);
      if (done !== undefined) counts[done ? "current" : "unreadable"] += 1;
    }
  }
  return counts;

  /** `undefined` when the session has no credentials. */
  async function resealCredentials(key: string): Promise<boolean | undefined> {
    const text = await deps.values.get(key);
    if (text === undefined) return undefined;
    try {
      return (await deps.credentials.reseal(decodeRecord(idOf(key), text))) ? true : undefined;
    } catch (error) {
      if (error instanceof SessionUnreadableError) return false;
      throw error;
    }
  }
}

async function resealValue({ values, ring }: ReencryptDeps, kind: "attempt" | "registration", key: string) {
  const text = await values.get(key);
  if (text === undefined) return undefined;
  const stored = storedSchema.safeParse(parseJson(text));
  if (!stored.success) return false;
  if (!ring.isOutdated(stored.data)) return true;
  const place = placeOf(kind, idOf(key));
  const opened = openJson(ring, stored.data, place);
  if (opened === undefined) return false;
  // Its head says what state it is in: the whole text must still be the same.
  await values.compareAndSet(key, text, JSON.stringify({ ...stored.data, ...sealJson(ring, opened, place) }));
  return true;
}

/** With Redis Cluster the id may stand in braces, as a hash tag. */
const idOf = (key: string) => key.slice(key.lastIndexOf(":") + 1).replace(/[{}]/g, "");
