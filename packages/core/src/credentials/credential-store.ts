import { SessionUnreadableError } from "../errors.js";
import type { StorageDriver } from "../session/storage-driver.js";
import { StoredValue } from "../values/stored-value.js";
import {
  type Credentials,
  credentialsHead,
  decodeCredentials,
  encodeCredentials,
  newVersion,
  type Owner,
  tokensHead,
} from "./credentials.js";
import type { KeyRing } from "./key-ring.js";

export type RefreshTurn =
  | { state: "changed" | "yours"; credentials: Credentials | undefined }
  | { state: "theirs"; ms: number };

/**
 * Stores each session's credentials next to its record, sealed and under a key of their own: lists never touch them.
 */
export class CredentialStore {
  readonly #driver: StorageDriver;
  readonly #ring: KeyRing;
  readonly #ttl: number;

  constructor(driver: StorageDriver, { ring, ttl }: { ring: KeyRing; ttl: number }) {
    this.#driver = driver;
    this.#ring = ring;
    this.#ttl = ttl;
  }

  /** Throws a `SessionUnreadableError` if the credentials cannot be opened. */
  async read(owner: Owner): Promise<Credentials | undefined> {
    const text = await this.#stored(owner).read();
    return text === undefined ? undefined : this.open(owner, text);
  }

  /**
   * Opens the credentials in a stored text, and seals them again if the first key did not seal them.
   *
   * Throws like {@link read}.
   */
  async open(owner: Owner, text: string): Promise<Credentials> {
    const { credentials, outdated } = decodeCredentials(text, owner, this.#ring);
    if (!outdated) return credentials;
    // They can be used as they are. If the store is full or unavailable, the next use tries again.
    return this.#seal(owner, credentials).catch(() => credentials);
  }

  /**
   * Seals the credentials again if the first key did not seal them. False if there are none. Throws like {@link read}.
   */
  async reseal(owner: Owner): Promise<boolean> {
    const text = await this.#stored(owner).read();
    if (text === undefined) return false;
    const { credentials, outdated } = decodeCredentials(text, owner, this.#ring);
    if (outdated) await this.#seal(owner, credentials);
    return true;
  }

  /** The stored text, for a step that writes it together with the record. */
  encode(owner: Owner, credentials: Credentials): string {
    return encodeCredentials(credentials, owner, this.#ring);
  }

  /** The credentials in a stored text; undefined if it cannot be opened, because the caller is about to replace it. */
  peek(owner: Owner, text: string | undefined): Credentials | undefined {
    if (text === undefined) return undefined;
    try {
      return decodeCredentials(text, owner, this.#ring).credentials;
    } catch (error) {
      if (error instanceof SessionUnreadableError) return undefined;
      throw error;
    }
  }

  /**
   * Asks for the turn to renew these tokens. `changed`: other tokens are stored, or none. `yours`: the turn is yours
   * for at most `life` ms, or until {@link yieldTurn}. `theirs`: another caller has the turn.
   */
  async takeTurn(
    owner: Owner,
    held: Pick<Credentials, "tv">,
    turn: { by: string; life: number },
  ): Promise<RefreshTurn> {
    const request = { expected: tokensHead(held), owner: turn.by, lifeMs: turn.life };
    const answer = await this.#stored(owner).lock(lockOf(owner, held), request);
    if (answer.state === "theirs") return answer;
    const credentials = answer.value === undefined ? undefined : await this.open(owner, answer.value);
    return { state: answer.state, credentials };
  }

  /** Gives up a turn, if the caller still has it. */
  yieldTurn(owner: Owner, held: Pick<Credentials, "tv">, by: string): Promise<void> {
    return this.#stored(owner).unlock(lockOf(owner, held), by);
  }

  /** Replaces the credentials that were read as `previous`. False if they have been written or erased meanwhile. */
  replace(owner: Owner, previous: Credentials, next: Credentials): Promise<boolean> {
    return this.#write(owner, previous, next, this.#ttl);
  }

  /** If another process writes the credentials meanwhile, it seals them with the first key, too. */
  async #seal(owner: Owner, credentials: Credentials): Promise<Credentials> {
    const resealed = { ...credentials, cv: newVersion() };
    return (await this.#write(owner, credentials, resealed)) ? resealed : credentials;
  }

  #write(owner: Owner, previous: Credentials, next: Credentials, ttl?: number): Promise<boolean> {
    return this.#stored(owner).replace(credentialsHead(previous), this.encode(owner, next), ttl);
  }

  #stored({ userId, sessionId }: Owner): StoredValue {
    return new StoredValue(this.#driver, { user: userId }, { kind: "credentials", id: sessionId });
  }
}

/** The lock held by the caller that renews these tokens of a session. */
const lockOf = ({ sessionId }: Owner, { tv }: Pick<Credentials, "tv">) => `${sessionId}:refresh:${tv}`;
