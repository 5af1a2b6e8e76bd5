import type { ValueStore } from "../values/value-store.js";
import {
  type Credentials,
  credentialsHead,
  decodeCredentials,
  encodeCredentials,
  newVersion,
  type Owner,
} from "./credentials.js";
import type { KeyRing } from "./key-ring.js";

/** Credentials beside their session's record, sealed, in a key of their own: lists never touch them. */
export class CredentialStore {
  readonly #values: ValueStore;
  readonly #ring: KeyRing;
  readonly #ttl: number;

  constructor(values: ValueStore, { ring, ttl }: { ring: KeyRing; ttl: number }) {
    this.#values = values;
    this.#ring = ring;
    this.#ttl = ttl;
  }

  /** Throws a `SessionUnreadableError` when they cannot be opened. */
  async read(owner: Owner): Promise<Credentials | undefined> {
    const text = await this.#values.get(this.#values.keys.credentials(owner.sessionId));
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
    const text = await this.#values.get(this.#values.keys.credentials(owner.sessionId));
    if (text === undefined) return false;
    const { credentials, outdated } = decodeCredentials(text, owner, this.#ring);
    if (outdated) await this.#seal(owner, credentials);
    return true;
  }

  /** The stored text, for a step that writes it together with the record. */
  encode(owner: Owner, credentials: Credentials): string {
    return encodeCredentials(credentials, owner, this.#ring);
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
    const key = this.#values.keys.credentials(owner.sessionId);
    return this.#values.compareAndSet(key, credentialsHead(previous), this.encode(owner, next), ttl);
  }
}
