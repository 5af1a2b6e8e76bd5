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

/** Credentials beside their session's record, sealed, in a key of their own: lists never touch them. */
export class CredentialStore {
  readonly #driver: StorageDriver;
  readonly #ring: KeyRing;
  readonly #ttl: number;

  constructor(driver: StorageDriver, { ring, ttl }: { ring: KeyRing; ttl: number }) {
    this.#driver = driver;
    this.#ring = ring;
    this.#ttl = ttl;
  }

  /** Throws a `SessionUnreadableError` when they cannot be opened. */
  async read(owner: Owner): Promise<Credentials | undefined> {
    const text = await this.#stored(owner).read();
    return text === undefined ? undefined : this.open(owner, text);
  }

  /** The credentials in a stored text. What another key than the first has sealed is sealed anew. Throws like {@link read}. */
  async open(owner: Owner, text: string): Promise<Credentials> {
    const { credentials, outdated } = decodeCredentials(text, owner, this.#ring);
    if (!outdated) return credentials;
    // They can be used as they are: a store that is full, or away by now, is asked again at the next use.
    return this.#seal(owner, credentials).catch(() => credentials);
  }

  /** Seals anew what another key than the first has sealed. False when there is nothing. Throws like {@link read}. */
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

  /** What is in a stored text; nothing when it cannot be opened, because whoever asks is about to write it anew. */
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
   * Asks to be the one who renews these tokens: `changed` when others are stored, or none; `yours` for at most `life` ms,
   * or until {@link yieldTurn}; `theirs` while somebody else does it.
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

  /** Gives up a turn that is still one's own. */
  yieldTurn(owner: Owner, held: Pick<Credentials, "tv">, by: string): Promise<void> {
    return this.#stored(owner).unlock(lockOf(owner, held), by);
  }

  /** Replaces the credentials that were read as `previous`. False when somebody wrote or erased them meanwhile. */
  replace(owner: Owner, previous: Credentials, next: Credentials): Promise<boolean> {
    return this.#write(owner, previous, next, this.#ttl);
  }

  /** Whoever writes them meanwhile seals them anew, too. */
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

/** Who renews these tokens of a session at this moment. */
const lockOf = ({ sessionId }: Owner, { tv }: Pick<Credentials, "tv">) => `${sessionId}:refresh:${tv}`;
