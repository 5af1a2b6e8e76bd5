import { processWide } from "../process-wide.js";

/** How much (bytes) is read in one turn of the event loop. */
export interface TurnShares {
  /** Of what the servers of one user send. */
  perUser: number;
  /** Of what all servers send. */
  inAll: number;
}

/** How much (bytes) of a user who has read nothing in a turn is read even if the turn is full. */
const firstBytes = 4_096;

/** Something that is read piece by piece. */
export interface Reader {
  user: string;
  /** It may go on. */
  readOn: () => void;
}

/**
 * Lets the event loop take its turns while hundreds of sockets have something to read: each loop reads them all, one
 * after the other, before anything else happens. What does not fit into a turn waits for the next, the users in order.
 */
export class ReadingTurns {
  readonly #shares: TurnShares;
  /** What each user has read in this turn, and what they had too much in the last. */
  readonly #spent = new Map<string, number>();
  #spentInAll = 0;
  /** In the order of their next turns. */
  readonly #waiting = new Map<string, Set<Reader>>();
  #isTurn = false;

  constructor(shares: TurnShares) {
    this.#shares = shares;
  }

  /** Those of the answers that this process reads. */
  static get ofAnswers(): ReadingTurns {
    return processWide("reading turns", "answers", () => new ReadingTurns({ perUser: 65_536, inAll: 262_144 }));
  }

  /** How many bytes may be read now. If 0, the reader waits, and is called in a later turn. */
  take(reader: Reader, wanted: number): number {
    const { user } = reader;
    const own = this.#spent.get(user) ?? 0;
    const isFull = this.#spentInAll >= this.#shares.inAll;
    if (own >= this.#shares.perUser || (isFull && own > 0)) {
      const waiting = this.#waiting.get(user) ?? new Set();
      this.#waiting.set(user, waiting.add(reader));
      this.#endTurn();
      return 0;
    }
    const bytes = isFull ? Math.min(wanted, firstBytes) : wanted;
    this.spend(user, bytes);
    return bytes;
  }

  /** Counts work that costs as much as reading so many bytes. It may be more than the user has left in this turn. */
  spend(user: string, bytes: number): void {
    this.#spent.set(user, (this.#spent.get(user) ?? 0) + bytes);
    this.#spentInAll += bytes;
    this.#endTurn();
  }

  #endTurn(): void {
    if (this.#isTurn) return;
    this.#isTurn = true;
    setImmediate(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#isTurn = false;
    this.#spentInAll = 0;
    for (const [user, spent] of this.#spent) {
      if (spent > this.#shares.perUser) this.#spent.set(user, spent - this.#shares.perUser);
      else this.#spent.delete(user);
    }
    if (this.#spent.size > 0) this.#endTurn();
    for (const [user, waiting] of [...this.#waiting]) {
      if (this.#spentInAll >= this.#shares.inAll) break;
      this.#waiting.delete(user);
      this.#readOn(user, waiting);
    }
    if (this.#waiting.size > 0) this.#endTurn();
  }

  /** Those of a user who find their turn full wait again, after those who have not been called. */
  #readOn(user: string, waiting: Set<Reader>): void {
    for (const reader of [...waiting]) {
      if ((this.#spent.get(user) ?? 0) >= this.#shares.perUser) break;
      waiting.delete(reader);
      reader.readOn();
    }
    if (waiting.size === 0) return;
    for (const reader of this.#waiting.get(user) ?? []) waiting.add(reader);
    this.#waiting.set(user, waiting);
  }
}
