import { beginning, compareEventIds, type EventId, type PassingEvent } from "@mcp-assistant/protocol";
import { Turns } from "../budgets/turns.js";
import type { EventLog, LogEntry } from "./event-log.js";
import { pauseAfter } from "./pause-after.js";

export interface HubSubscriber {
  /** The next entry: none missing, none twice, in order. */
  entry(entry: LogEntry): void;
  /** An event that is in no log, and so has no place among the entries. */
  passing?(event: PassingEvent): void;
  /** The log no longer reaches back to the last entry, so what follows does not continue from it. */
  reset(): void;
  /**
   * Reads the entries after this one, as far as the user may read more. `undefined` when the log no longer reaches back
   * to it. The hub reads for all subscribers of a user at once, with one of them.
   */
  missed(after: EventId): Promise<LogEntry[] | undefined>;
  /** The app has been closed. */
  end(): void;
}

/** How many entries may wait while missed ones are read. Those that do not fit are read from the log afterwards. */
const maxHeldEvents = 512;

/**
 * How long (ms) after one of a user's streams has begun the next one begins. A stream begins with everything that its
 * reader has missed, so many at once would keep the calls of others waiting.
 */
const pauseMs = 50;

interface Channel {
  subscribers: Set<HubSubscriber>;
  /** The newest entry that was delivered. */
  last: EventId | undefined;
  /** Where the first reader began. Entries missed before the first delivery come after it. */
  base: EventId | undefined;
  /** Entries that wait while missed ones are read. */
  held: LogEntry[] | undefined;
  /** More entries may have been missed during the read. */
  again: boolean;
  ready: Promise<() => void>;
}

interface Gap {
  /** What was announced behind the gap. */
  held?: LogEntry[];
  /** The entry before the gap. */
  from?: EventId | undefined;
}

/**
 * Distributes the event log within a process: one listener per user, however many streams they have open. Every entry
 * names its predecessor, so a gap is noticed at once and filled from the log. An entry that does not follow the last one
 * is delivered only if the log has it.
 */
export class EventHub {
  readonly #log: Pick<EventLog, "listen">;
  readonly #channels = new Map<string, Channel>();
  readonly #beginnings = new Turns({ perKey: 1, inAll: Infinity });
  #readers = 0;

  constructor(log: Pick<EventLog, "listen">) {
    this.#log = log;
  }

  /**
   * Begins a stream when the user's last one has begun, and {@link pauseMs} are over. Rejects like `open`, with
   * `LIMIT_EXCEEDED` if it has to wait too long, and with the reason of `signal` once that has aborted.
   */
  async inTurn(userId: string, open: () => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    const end = await this.#beginnings.take(userId, 1, signal);
    try {
      await open();
    } catch (error) {
      this.#beginnings.failed(error, userId);
      end();
      throw error;
    }
    setTimeout(end, pauseMs);
  }

  /** Delivers the user's entries from the moment it resolves. Rejects with a `StoreUnavailableError`. */
  async attach(userId: string, subscriber: HubSubscriber): Promise<() => void> {
    const channel = this.#channels.get(userId) ?? this.#open(userId);
    channel.subscribers.add(subscriber);
    this.#readers += 1;
    const detach = () => {
      if (!channel.subscribers.delete(subscriber)) return;
      this.#readers -= 1;
      if (channel.subscribers.size > 0) return;
      if (this.#channels.get(userId) === channel) this.#channels.delete(userId);
      channel.ready.then(
        (stop) => stop(),
        () => undefined,
      );
    };
    try {
      await channel.ready;
    } catch (error) {
      detach();
      throw error;
    }
    return detach;
  }

  /** A reader has everything up to this entry, and gets what follows from here. */
  begin(userId: string, position: EventId): void {
    const channel = this.#channels.get(userId);
    if (!channel || channel.base !== undefined) return;
    channel.base = position;
    const { held } = channel;
    if (!held || channel.last !== undefined) return;
    channel.held = undefined;
    this.#fill(userId, channel, { held });
  }

  /** Ends all readers, because their storage is about to be closed. */
  close(): void {
    for (const { subscribers } of [...this.#channels.values()])
      for (const subscriber of [...subscribers]) subscriber.end();
  }

  /** How many readers a user has at this moment, and how many there are in total. */
  count(userId: string): { ofUser: number; inAll: number } {
    return { ofUser: this.#channels.get(userId)?.subscribers.size ?? 0, inAll: this.#readers };
  }

  #open(userId: string): Channel {
    const channel: Channel = {
      subscribers: new Set(),
      last: undefined,
      base: undefined,
      held: undefined,
      again: false,
      ready: this.#log.listen(userId, {
        entry: (entry) => this.#accept(userId, channel, entry),
        passing: (event) => {
          for (const subscriber of channel.subscribers) subscriber.passing?.(event);
        },
        interrupted: () => this.#fill(userId, channel),
      }),
    };
    this.#channels.set(userId, channel);
    return channel;
  }

  #accept(userId: string, channel: Channel, entry: LogEntry): void {
    if (channel.held) {
      if (channel.held.length < maxHeldEvents) channel.held.push(entry);
      else channel.again = true;
      return;
    }
    const { last, base } = channel;
    const known = last ?? base;
    // Until a reader says where it starts, it is unknown whether entries before this one are missing.
    if (known === undefined) channel.held = [entry];
    else if (last !== undefined && compareEventIds(entry.id, last) <= 0) return;
    // Readers that began later may lack this entry. Only the log can tell whether it is this user's own.
    else if (last === undefined && compareEventIds(entry.id, known) <= 0)
      this.#fill(userId, channel, { held: [entry], from: entry.previous });
    // All logs have the same beginning, so an entry that follows it may be from another user's log.
    else if (entry.previous === known && known !== beginning) this.#deliver(channel, entry);
    // A renewed subscription may deliver an entry before it reports that others were missed.
    else this.#fill(userId, channel, { held: [entry] });
  }

  #deliver(channel: Channel, entry: LogEntry): void {
    channel.last = entry.id;
    for (const subscriber of channel.subscribers) subscriber.entry(entry);
  }

  /** Reads what was missed, by default after the newest entry, and holds back what arrives in the meantime. */
  #fill(userId: string, channel: Channel, { held = [], from }: Gap = {}): void {
    if (channel.held) {
      channel.again = true;
      return;
    }
    channel.held = held;
    const after = from ?? channel.last ?? channel.base;
    // No reader has begun. The first one says where to start, and entries that arrive until then wait.
    if (after === undefined) return;
    const [reader] = channel.subscribers;
    // The last one has left, and the next one begins with a channel of its own.
    if (!reader) return;
    const covered = held.length;
    reader.missed(after).then(
      (missed) => this.#release(userId, channel, { missed, covered, isNeeded: from === undefined }),
      (error: unknown) => this.#fillLater(userId, channel, from, pauseAfter(error)),
    );
  }

  /** Nothing could be read. Held entries stay held: without the missed ones before them, they would leave a gap. */
  #fillLater(userId: string, channel: Channel, from: EventId | undefined, pauseMs: number): void {
    const again = () => {
      const held = channel.held ?? [];
      channel.held = undefined;
      this.#fill(userId, channel, { held, from });
    };
    setTimeout(again, pauseMs).unref();
  }

  /**
   * `covered` is the number of held entries that were announced before the log was read. `isNeeded`: whether the first
   * reader lacks what was read.
   */
  #release(
    userId: string,
    channel: Channel,
    { missed, covered, isNeeded }: { missed: LogEntry[] | undefined; covered: number; isNeeded: boolean },
  ): void {
    const held = channel.held ?? [];
    channel.held = undefined;
    if (missed) {
      for (const entry of missed) this.#deliver(channel, entry);
    } else if (isNeeded) {
      channel.last = undefined;
      channel.base = undefined;
      for (const subscriber of channel.subscribers) subscriber.reset();
    }
    // What was announced before the read is among what was read. If not, a failover has lost it, or it is no entry of this
    // log. After a reset, the readers say where to look for it.
    for (const entry of missed || !isNeeded ? held.slice(covered) : held) this.#accept(userId, channel, entry);
    if (!channel.again) return;
    channel.again = false;
    this.#fill(userId, channel);
  }
}
