import { randomUUID } from "node:crypto";
import { admissionOf } from "../credentials/admission.js";
import type { Owner } from "../credentials/credentials.js";
import type { KeyRing } from "../credentials/key-ring.js";
import { SessionUnreadableError } from "../errors.js";
import type { StoredSession } from "../session/session-store.js";
import type { StorageDriver } from "../session/storage-driver.js";
import { type LockAnswer, StoredValue } from "../values/stored-value.js";
import { declared } from "./declared.js";
import {
  decodeHandshake,
  encodeHandshake,
  type Handshake,
  headOf,
  type KeptHandshake,
  resealHandshake,
  silentHandshake,
} from "./kept-handshake.js";

/** How long (ms) a handshake may be used, and how long each call makes its own where none could be shared. */
const lifeMs = { shared: 86_400_000, own: 3_600_000 };

/** The largest text (bytes) that is kept. It is read with the session, at each call. */
const maxTextBytes = 32_768;

/** A second loss within this time (ms) shows that the server's processes do not know one another's sessions. */
const affinityMs = 60_000;

type Stored = Pick<StoredSession, "record" | "credentials" | "handshake">;

/** A text to store. `isShared` is false if it only says that each call makes a handshake of its own. */
export interface SealedHandshake {
  text: string;
  isShared: boolean;
}

/** What servers said in their handshakes, sealed, and kept with each session for all processes. */
export class Handshakes {
  readonly #driver: StorageDriver;
  readonly #ring: KeyRing;

  constructor(driver: StorageDriver, ring: KeyRing) {
    this.#driver = driver;
    this.#ring = ring;
  }

  /** What is kept with a session; undefined if it belongs to another sign-in or cannot be read. */
  open(stored: Stored): KeptHandshake | undefined {
    const { record, handshake } = stored;
    if (handshake === undefined) return undefined;
    try {
      return decodeHandshake(
        handshake,
        { admission: admissionOf(stored), declared },
        { owner: record, ring: this.#ring },
      );
    } catch (error) {
      if (error instanceof SessionUnreadableError) return undefined;
      throw error;
    }
  }

  /** The same, if it is recent enough to be used. */
  current(stored: Stored & Pick<StoredSession, "now">): KeptHandshake | undefined {
    const kept = this.open(stored);
    const life = kept?.handshake ? lifeMs.shared : lifeMs.own;
    return kept && stored.now - kept.at < life ? kept : undefined;
  }

  /**
   * The text of a handshake that was made now. `before` is what was kept when the server forgot its session, if it did.
   */
  seal(
    owner: Owner,
    { admission, handshake }: { admission: string; handshake: Handshake | null },
    { now, lost }: { now: number; lost?: KeptHandshake | undefined },
  ): SealedHandshake {
    const wasLostBefore = lost !== undefined && lost.lostAt !== null && now - lost.lostAt < affinityMs;
    const encode = (shared: Handshake | null) =>
      encodeHandshake(
        { id: randomUUID(), at: now, lostAt: lost ? now : null, handshake: shared },
        { admission, declared },
        { owner, ring: this.#ring },
      );
    const text = encode(handshake);
    const isShared = handshake !== null && !wasLostBefore && Buffer.byteLength(text) <= maxTextBytes;
    return { text: isShared ? text : encode(null), isShared };
  }

  /** What to keep with a session once its server has said, to this handshake, that it has no standing stream. */
  silenced(stored: Stored, id: string): string | undefined {
    const { handshake } = stored;
    return handshake === undefined || this.open(stored)?.id !== id ? undefined : silentHandshake(handshake);
  }

  /** Seals the handshake of a session with the first key. Erases one that cannot be opened: it is made again. */
  async reseal(owner: Owner): Promise<void> {
    const value = this.#valueOf(owner);
    const text = await value.read();
    if (text === undefined) return;
    const resealed = resealHandshake(text, { owner, ring: this.#ring });
    if (resealed === undefined) await value.erase(text);
    else if (resealed !== text) await value.replace(text, resealed);
  }

  /**
   * Asks for the turn to make a handshake in the place of the stored one. `changed`: another one is there already.
   * `theirs`: another caller has the turn, for at most `ms`.
   */
  takeTurn({ record, handshake }: Stored, turn: { by: string; lifeMs: number }): Promise<LockAnswer> {
    return this.#valueOf(record).lock(lockOf(record, handshake), {
      expected: handshake === undefined ? null : headOf(handshake),
      owner: turn.by,
      lifeMs: turn.lifeMs,
    });
  }

  /** Gives up a turn, if the caller still has it. */
  yieldTurn({ record, handshake }: Stored, by: string): Promise<void> {
    return this.#valueOf(record).unlock(lockOf(record, handshake), by);
  }

  #valueOf({ userId, sessionId }: Owner): StoredValue {
    return new StoredValue(this.#driver, { user: userId }, { kind: "handshake", id: sessionId });
  }
}

const lockOf = ({ sessionId }: Owner, handshake = "") =>
  `${sessionId}:handshake:${/^\{"id":"([\w-]+)",$/.exec(headOf(handshake))?.[1] ?? ""}`;
