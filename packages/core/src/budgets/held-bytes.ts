import { processWide } from "../process-wide.js";

/** The maximum (bytes) that may be held at the same time. */
export interface Room {
  perUser: number;
  /** For all users of this process together. */
  inAll: number;
}

/** What has no room left. */
export type Full = "user" | "process";

interface User {
  bytes: number;
  holdings: Set<Holding>;
}

/**
 * Counts the bytes that this process holds, for each user and in all. When the process has no room left, the user who
 * holds most gives way: the few bytes of one user never wait for the many of another.
 */
export class HeldBytes {
  readonly #users = new Map<string, User>();
  #bytes = 0;

  /** Those of the answers of MCP servers. */
  static get ofAnswers(): HeldBytes {
    return processWide("held bytes", "answers", () => new HeldBytes());
  }

  /** In all. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Those of one user. */
  bytesOf(user: string): number {
    return this.#users.get(user)?.bytes ?? 0;
  }

  /** Holds bytes for a user. `giveWay` is called when they have been given back for a user who holds less. */
  hold(user: string, room: Room, giveWay: () => void): Holding {
    const holding: Holding = new Holding({
      take: (bytes) => this.#take(user, room, holding, bytes),
      giveBack: () => this.#giveBack(user, holding),
      lessen: (by) => this.#lessen(user, by),
      giveWay,
    });
    return holding;
  }

  /** What has no room left for as many bytes more of this user. Nothing is taken, and no one gives way. */
  look(user: string, room: Room, bytes: number): Full | undefined {
    const found = this.#find(user, room, bytes);
    return typeof found === "string" ? found : undefined;
  }

  /** The steps that must give way for these bytes, or what has no room for them, even if steps did. */
  #find(user: string, { perUser, inAll }: Room, bytes: number): Holding[] | Full {
    const own = this.bytesOf(user) + bytes;
    if (own > perUser) return "user";
    const giving: Holding[] = [];
    /** What users would hold then. */
    const left = new Map<User, User>();
    for (let missing = this.#bytes + bytes - inAll; missing > 0; ) {
      const most = largest(this.#users.values(), (each) => left.get(each)?.bytes ?? each.bytes);
      const { bytes: held, holdings } = (most && left.get(most)) ?? most ?? { bytes: 0, holdings: [] };
      const step = largest(holdings);
      if (!most || !step || most === this.#users.get(user) || held <= own) return "process";
      giving.push(step);
      left.set(most, { bytes: held - step.bytes, holdings: new Set([...holdings].filter((each) => each !== step)) });
      missing -= step.bytes;
    }
    return giving;
  }

  #take(user: string, room: Room, holding: Holding, bytes: number): Full | undefined {
    const found = this.#find(user, room, bytes);
    if (typeof found === "string") return found;
    // One that ends may take others along.
    for (const step of found) if (this.#bytes + bytes > room.inAll) step.end();
    const own = this.#users.get(user) ?? { bytes: 0, holdings: new Set() };
    this.#users.set(user, own);
    own.holdings.add(holding);
    own.bytes += bytes;
    this.#bytes += bytes;
    return undefined;
  }

  #lessen(user: string, by: number): void {
    const own = this.#users.get(user);
    if (!own) return;
    own.bytes -= by;
    this.#bytes -= by;
  }

  #giveBack(user: string, holding: Holding): void {
    const own = this.#users.get(user);
    if (!own?.holdings.delete(holding)) return;
    own.bytes -= holding.bytes;
    this.#bytes -= holding.bytes;
    if (own.holdings.size === 0) this.#users.delete(user);
  }
}

interface Ledger {
  take: (bytes: number) => Full | undefined;
  giveBack: () => void;
  lessen: (by: number) => void;
  giveWay: () => void;
}

/** What one step holds. */
export class Holding {
  readonly #ledger: Ledger;
  #bytes = 0;
  #isOver = false;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Holds more. Returns what has no room left for them; then nothing more is held. Nothing counts once it is over. */
  take(bytes: number): Full | undefined {
    if (this.#isOver) return undefined;
    const full = this.#ledger.take(bytes);
    if (!full) this.#bytes += bytes;
    return full;
  }

  /** Gives back what is more than these bytes. */
  trim(bytes: number): void {
    const spare = this.#bytes - bytes;
    if (this.#isOver || spare <= 0) return;
    this.#bytes = bytes;
    this.#ledger.lessen(spare);
  }

  /** Gives everything back. */
  giveBack(): void {
    this.#isOver = true;
    this.#ledger.giveBack();
  }

  /** Gives everything back for a user who holds less. */
  end(): void {
    if (this.#isOver) return;
    this.giveBack();
    this.#ledger.giveWay();
  }
}

function largest<T extends { bytes: number }>(
  each: Iterable<T>,
  sizeOf: (one: T) => number = ({ bytes }) => bytes,
): T | undefined {
  let most: T | undefined;
  for (const one of each) if (!most || sizeOf(one) > sizeOf(most)) most = one;
  return most;
}
