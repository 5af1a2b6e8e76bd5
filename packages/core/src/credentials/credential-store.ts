import { credentialsKey } from "../redis/keys.js";
import type { ValueStore } from "../values/value-store.js";
import { type Credentials, credentialsHead, decodeCredentials, encodeCredentials } from "./credentials.js";

/** Credentials beside their session's record, in a key of their own: lists never touch them. */
export class CredentialStore {
  readonly #values: ValueStore;
  readonly #ttl: number;

  constructor(values: ValueStore, ttl: number) {
    this.#values = values;
    this.#ttl = ttl;
  }

  async read(sessionId: string): Promise<Credentials | undefined> {
    const text = await this.#values.get(credentialsKey(sessionId));
    return text === undefined ? undefined : decodeCredentials(sessionId, text);
  }

  /** Replaces the credentials that were read as `previous`. False when somebody wrote or erased them meanwhile. */
  replace(sessionId: string, previous: Credentials, next: Credentials): Promise<boolean> {
    const text = encodeCredentials(next);
    return this.#values.compareAndSet(credentialsKey(sessionId), credentialsHead(previous), text, this.#ttl);
  }
}
