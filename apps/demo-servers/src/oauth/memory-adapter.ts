import type { Adapter, AdapterPayload } from "oidc-provider";

const MAX_ENTRIES = 5_000;

interface Entry {
  payload: AdapterPayload;
  /** ms since the epoch; `Infinity` for entries that do not expire, such as a registered client. */
  expiresAt: number;
}

/** What oidc-provider stores: the entries of each model, such as "Client" or "RefreshToken", by id. */
export type Entries = Map<string, Map<string, Entry>>;

export interface MemoryAdapterOptions {
  /** Where the entries are stored. */
  entries?: Entries;
  /** Called after the entries of a model have changed. */
  changed?: (model: string) => void;
  /** The maximum number of entries per model, so that the growing number of refresh tokens never displaces clients. */
  maxEntries?: number;
}

/**
 * Keeps the authorization server's state in this process's memory.
 *
 * Browser sessions are not stored. Every authorization therefore shows the consent page, and "Deny" can be tried after
 * "Allow".
 */
export function createMemoryAdapter(options: MemoryAdapterOptions = {}): (model: string) => Adapter {
  const { entries = new Map(), changed = () => {}, maxEntries = MAX_ENTRIES } = options;
  return (model) => {
    const ofModel = entries.get(model) ?? new Map<string, Entry>();
    entries.set(model, ofModel);
    const Kind = model === "Session" ? ForgetfulAdapter : MemoryAdapter;
    return new Kind(ofModel, () => changed(model), maxEntries);
  };
}

class MemoryAdapter implements Adapter {
  readonly #entries: Map<string, Entry>;
  readonly #changed: () => void;
  readonly #maxEntries: number;

  constructor(entries: Map<string, Entry>, changed: () => void, maxEntries: number) {
    this.#entries = entries;
    this.#changed = changed;
    this.#maxEntries = maxEntries;
  }

  /** @param expiresIn seconds; absent for an entry that does not expire */
  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const lifetimeMs = expiresIn === undefined ? Number.POSITIVE_INFINITY : expiresIn * 1000;
    this.#entries.set(id, { payload, expiresAt: Date.now() + lifetimeMs });
    this.#makeRoom();
    this.#changed();
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const entry = this.#entries.get(id);
    return entry === undefined || entry.expiresAt <= Date.now() ? undefined : entry.payload;
  }

  async consume(id: string): Promise<void> {
    const payload = await this.find(id);
    if (payload === undefined) return;
    payload.consumed = Math.floor(Date.now() / 1000);
    this.#changed();
  }

  async destroy(id: string): Promise<void> {
    this.#entries.delete(id);
    this.#changed();
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [id, { payload }] of this.#entries) {
      if (payload.grantId === grantId) this.#entries.delete(id);
    }
    this.#changed();
  }

  // These look up sessions by uid and device codes by user code. This server stores neither.
  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}

  #makeRoom(): void {
    if (this.#entries.size <= this.#maxEntries) return;
    const now = Date.now();
    for (const [id, { expiresAt }] of this.#entries) {
      if (expiresAt <= now) this.#entries.delete(id);
    }
    for (const id of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) return;
      this.#entries.delete(id);
    }
  }
}

class ForgetfulAdapter extends MemoryAdapter {
  override async upsert(): Promise<void> {}
}
