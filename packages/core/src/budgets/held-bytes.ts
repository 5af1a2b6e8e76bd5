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
      giveWay,
    });
    return holding;
  }

  #take(user: string, { perUser, inAll }: Room, holding: Holding, bytes: number): Full | undefined {
    const own = this.#users.get(user) ?? { bytes: 0, holdings: new Set() };
    if (own.bytes + bytes > perUser) return "user";
    while (this.#bytes + bytes > inAll) {
      const most = this.#most();
      if (!most || most === own || most.bytes <= own.bytes + bytes) return "process";
      largest(most.holdings)?.end();
    }
    this.#users.set(user, own);
    own.holdings.add(holding);
    own.bytes += bytes;
    this.#bytes += bytes;
    return undefined;
  }

  #giveBack(user: string, holding: Holding): void {
    const own = this.#users.get(user);
    if (!own?.holdings.delete(holding)) return;
    own.bytes -= holding.bytes;
    this.#bytes -= holding.bytes;
    if (own.holdings.size === 0) this.#users.delete(user);
  }

  /** The user who holds most. */
  #most(): User | undefined {
    return largest(this.#users.values());
  }
}

interface Ledger {
  take: (bytes: number) => Full | undefined;
  giveBack: () => void;
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

  /** Gives everything back. */
  giveBack(): void {
    this.#isOver = true;
    this.#ledger.giveBack();
  }

  /** Gives everything back for a user who holds less. */
  end(): void {
    this.giveBack();
    this.#ledger.giveWay();
  }
}

function largest<T extends { bytes: number }>(each: Iterable<T>): T | undefined {
  let most: T | undefined;
  for (const one of each) if (!most || one.bytes > most.bytes) most = one;
  return most;
}
