import { createHash, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { KeyRing } from "../../credentials/key-ring.js";
import { openJson, placeOf, sealedSchema, sealJson } from "../../credentials/sealed-json.js";
import { parseJson } from "../../parse-json.js";
import type { StorageDriver } from "../../session/storage-driver.js";
import { sharedValue } from "../../values/stored-value.js";
import { maxRegistrationBytes } from "./kept-registration.js";
import { lifeOf, type Registration, registrationSchema, registrationTimeoutMs } from "./registration.js";

/** The lock of the process that registers, and how long (ms) it may hold it: longer than a registration takes. */
const registeringLock = "registration";
const registeringLifeMs = registrationTimeoutMs + 5_000;

/** How often (ms) a process checks whether another one has registered, at first and after a while. */
const lookIntervalMs = 50;
const maxLookIntervalMs = 500;

/** Who may cause a registration at one place, and how long (ms) until they may cause another. */
export interface Turn {
  lock: string;
  lifeMs: number;
}

/**
 * All users together: anyone can make up what they bring from an authorization server. Without this, users who open
 * sign-ins and never finish them could make it register us without end.
 */
export const turnOfAll: Turn = { lock: "registration-renewal", lifeMs: 3_600_000 };

/** The authorization server itself, which no user can prevent from saying so. */
export const turnOfServer: Turn = { lock: "registration-refused", lifeMs: 300_000 };

/** One user, who takes it from no other. */
export const turnOf = (userId: string): Turn => ({
  lock: `registration-of-${createHash("sha256").update(userId).digest("base64url")}`,
  lifeMs: 3_600_000,
});

/**
 * The registered clients as they are stored, sealed, each at its own place, and whose turn it is to replace one.
 * `asker`: the user for whom a client is read, where that is known.
 */
export class RegistrationStore {
  readonly #driver: StorageDriver;
  readonly #ring: KeyRing;

  constructor(driver: StorageDriver, ring: KeyRing) {
    this.#driver = driver;
    this.#ring = ring;
  }

  /** A client that none of our keys opens counts as missing: registering again costs little. */
  async read(place: string, asker: string | undefined): Promise<Registration | undefined> {
    return this.#open(place, await this.#stored(place, asker).read());
  }

  /** Takes a turn at a place. It is free again after its life. */
  async take({ lock, lifeMs }: Turn, place: string, asker: string | undefined): Promise<boolean> {
    const stored = this.#stored(place, asker);
    // Whatever is stored: another process may be replacing it.
    const expected = (await stored.read()) === undefined ? null : "";
    const { state } = await stored.lock(lock, { expected, owner: randomUUID(), lifeMs });
    return state === "yours";
  }

  /**
   * Marks a client, so that the next look at it brings another. `take` takes the turn for that. True if it is marked,
   * or has been replaced.
   */
  async suspect(
    place: string,
    clientId: string,
    { take, asker }: { take: () => Promise<boolean>; asker: string | undefined },
  ): Promise<boolean> {
    const stored = this.#stored(place, asker);
    const text = await stored.read();
    const known = this.#open(place, text);
    if (text === undefined || known?.client_id !== clientId || known.suspected) return known !== undefined;
    if (!(await take())) return false;
    await stored.replace(text, this.#seal(place, { ...known, suspected: true }));
    return true;
  }

  /**
   * The stored client. Registers one if it is missing and no other process is doing it. A suspected one stays until its
   * successor is stored, and for good if the server refuses.
   */
  async readOr(place: string, register: () => Promise<Registration>): Promise<Registration> {
    const stored = this.#stored(place);
    const owner = randomUUID();
    let replaced: string | null = null;
    let known: Registration | undefined;
    for (let look = lookIntervalMs; ; ) {
      const turn = await stored.lock(registeringLock, { expected: replaced, owner, lifeMs: registeringLifeMs });
      if (turn.state === "theirs") {
        await pause(Math.min(look, Math.max(turn.ms, 1)));
        look = Math.min(look * 1.5, maxLookIntervalMs);
      } else if (turn.state === "changed") {
        known = this.#open(place, turn.value);
        if (known && !known.suspected) return known;
        replaced = turn.value ?? null;
      } else {
        try {
          const client = await register();
          await stored.write(this.#seal(place, client), lifeOf(client));
          return client;
        } catch (error) {
          if (!known) throw error;
          const { suspected: _over, ...kept } = known;
          await stored.replace(replaced ?? "", this.#seal(place, kept)).catch(() => false);
          return kept;
        } finally {
          await stored.unlock(registeringLock, owner).catch(() => undefined);
        }
      }
    }
  }

  #stored(place: string, asker?: string) {
    return sharedValue(this.#driver, "registration", place, asker);
  }

  #seal(place: string, client: Registration): string {
    return JSON.stringify(sealJson(this.#ring, client, placeOf("registration", place)));
  }

  #open(place: string, text: string | undefined): Registration | undefined {
    const stored = sealedSchema.safeParse(parseJson(text ?? ""));
    if (!stored.success) return undefined;
    const opened = openJson(this.#ring, stored.data, placeOf("registration", place));
    // Earlier versions kept larger ones, which no attempt has room for.
    const fits = JSON.stringify(opened ?? {}).length <= maxRegistrationBytes;
    return fits ? registrationSchema.safeParse(opened).data : undefined;
  }
}
