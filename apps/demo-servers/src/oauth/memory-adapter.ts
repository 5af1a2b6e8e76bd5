import type { Adapter, AdapterPayload } from "oidc-provider";

const MAX_ENTRIES = 5_000;

interface Entry {
  payload: AdapterPayload;
  /** ms since the epoch; `Infinity` for what does not expire, such as a registered client. */
  expiresAt: number;
}

/** What the adapters of all models share. */
interface Store {
  entries: Map<string, Entry>;
  maxEntries: number;
}

/**
 * The authorization server's state in this process's memory: gone when the server stops.
 *
 * Browser sessions are not kept at all. Nobody is remembered, so every authorization shows the page to a person, and
 * "Deny" can be tried after "Allow".
 */
export function createMemoryAdapter(maxEntries = MAX_ENTRIES): (model: string) => Adapter {
  const store = { entries: new Map<string, Entry>(), maxEntries };
  return (model) => (model === "Session" ? new ForgetfulAdapter(model, store) : new MemoryAdapter(model, store));
}

class MemoryAdapter implements Adapter {
  readonly #model: string;
  readonly #entries: Map<string, Entry>;
  readonly #maxEntries: number;

  constructor(model: string, { entries, maxEntries }: Store) {
    this.#model = model;
    this.#entries = entries;
    this.#maxEntries = maxEntries;
  }

  /** @param expiresIn seconds; absent for what does not expire */
  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const lifetimeMs = expiresIn === undefined ? Number.POSITIVE_INFINITY : expiresIn * 1000;
    this.#entries.set(this.#key(id), { payload, expiresAt: Date.now() + lifetimeMs });
    this.#makeRoom();
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const entry = this.#entries.get(this.#key(id));
    return entry === undefined || entry.expiresAt <= Date.now() ? undefined : entry.payload;
  }

  async consume(id: string): Promise<void> {
    const payload = await this.find(id);
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id: string): Promise<void> {
    this.#entries.delete(this.#key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, { payload }] of this.#entries) {
      if (payload.grantId === grantId) this.#entries.delete(key);
    }
  }

  // Sessions are looked up by uid and device codes by user code: this server keeps neither.
  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}

  #key(id: string): string {
    return `${this.#model}:${id}`;
  }

  #makeRoom(): void {
    if (this.#entries.size <= this.#maxEntries) return;
    const now = Date.now();
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt <= now) this.#entries.delete(key);
    }
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) return;
      this.#entries.delete(key);
    }
  }
}

class ForgetfulAdapter extends MemoryAdapter {
  override async upsert(): Promise<void> {}
}
