import { compareEventIds, type EventId } from "@mcp-assistant/protocol";
import type { EventLog, LogEntry } from "./event-log.js";

export interface HubSubscriber {
  /** The next entry: none missing, none twice, in order. */
  entry(entry: LogEntry): void;
  /** The log no longer reaches back to the last entry: what follows begins anew. */
  reset(): void;
}

/** Entries that may wait while missed ones are read. What does not fit is read behind them. */
const maxHeldEvents = 512;

/** How long (ms) to wait before missed entries are read again from a store that did not answer. */
const fillPauseMs = 1_000;

interface Channel {
  subscribers: Set<HubSubscriber>;
  /** The newest entry that went out. */
  last: EventId | undefined;
  /** Where the first reader began: what was missed before anything went out is behind it. */
  base: EventId | undefined;
  /** Entries that wait while missed ones are read. */
  held: LogEntry[] | undefined;
  /** More may have been missed while some were read. */
  again: boolean;
  ready: Promise<() => void>;
}

/**
 * The fan-out of the event log within a process: one listener per user, however many streams he has open. Every entry
 * names its predecessor, so a gap is seen at once and filled from the log.
 */
export class EventHub {
  readonly #log: Pick<EventLog, "read" | "listen">;
  readonly #channels = new Map<string, Channel>();
  #readers = 0;

  constructor(log: Pick<EventLog, "read" | "listen">) {
    this.#log = log;
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

  /** A reader has all up to this entry, and what comes behind it from here. */
  begin(userId: string, position: EventId): void {
    const channel = this.#channels.get(userId);
    if (!channel || channel.base !== undefined) return;
    channel.base = position;
    const { held } = channel;
    if (!held || channel.last !== undefined) return;
    channel.held = undefined;
    this.#fill(userId, channel, held);
  }

  /** How many read a user's events at this moment, and how many in all. */
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
        interrupted: () => this.#fill(userId, channel, []),
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
    // Until somebody says from where he reads, nobody can tell whether something is missing before this one.
    if (known === undefined) channel.held = [entry];
    else if (last !== undefined && compareEventIds(entry.id, last) <= 0) return;
    // A renewed subscription may hear of an entry before it tells that others were missed.
    else if (entry.previous !== known && compareEventIds(entry.id, known) > 0) this.#fill(userId, channel, [entry]);
    else this.#deliver(channel, entry);
  }

  #deliver(channel: Channel, entry: LogEntry): void {
    channel.last = entry.id;
    for (const subscriber of channel.subscribers) subscriber.entry(entry);
  }

  /** Reads what was missed, and holds back meanwhile what arrives. */
  #fill(userId: string, channel: Channel, held: LogEntry[]): void {
    if (channel.held) {
      channel.again = true;
      return;
    }
    channel.held = held;
    const from = channel.last ?? channel.base;
    // Nobody has begun: whoever begins says from where, and what arrives until then waits.
    if (from === undefined) return;
    const covered = held.length;
    this.#log.read(userId, from).then(
      (entries) => this.#release(userId, channel, { missed: entries, covered }),
      () => this.#fillLater(userId, channel),
    );
  }

  /** The store is away. What is held stays held: without what came before, it would be a gap. */
  #fillLater(userId: string, channel: Channel): void {
    const again = () => {
      const held = channel.held ?? [];
      channel.held = undefined;
      if (channel.subscribers.size > 0) this.#fill(userId, channel, held);
    };
    setTimeout(again, fillPauseMs).unref();
  }

  /** `covered`: how many of those that wait were announced before the log was read. */
  #release(
    userId: string,
    channel: Channel,
    { missed, covered }: { missed: LogEntry[] | undefined; covered: number },
  ): void {
    const held = channel.held ?? [];
    channel.held = undefined;
    if (missed) {
      for (const entry of missed) this.#deliver(channel, entry);
    } else {
      channel.last = undefined;
      channel.base = undefined;
      for (const subscriber of channel.subscribers) subscriber.reset();
    }
    for (const [place, entry] of held.entries()) {
      // A failover may lose what was announced. Read for again, it would be missed again, without end.
      const isLost = missed !== undefined && place < covered && entry.previous !== channel.last;
      if (!isLost) this.#accept(userId, channel, entry);
    }
    if (!channel.again) return;
    channel.again = false;
    this.#fill(userId, channel, []);
  }
}
