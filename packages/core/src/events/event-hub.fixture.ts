import { vi } from "vitest";
import { messageOf, progress, someRecord } from "../samples.fixture.js";
import { EventHub, type HubSubscriber } from "./event-hub.js";
import type { EventLog, LogEntry, LogListener } from "./event-log.js";

/** The entry with this number. By default, it follows the one before. */
export const entry = (number: number, previous = number - 1): LogEntry => ({
  id: `${number}-1`,
  previous: `${previous}-1`,
  event: progress(someRecord(), `${number}`),
});

/** A log whose announcements arrive when the test says so, or never. */
export class HandMadeLog implements Pick<EventLog, "listen"> {
  readonly listeners = new Set<LogListener>();
  listens = 0;
  /** The answer to reads of missed entries. */
  missed = vi.fn<HubSubscriber["missed"]>(async () => undefined);
  /** `listen` waits for this. */
  ready: Promise<void> = Promise.resolve();

  async listen(_userId: string, listener: LogListener) {
    this.listens += 1;
    await this.ready;
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  announce(...numbers: (number | LogEntry)[]) {
    for (const each of numbers) {
      for (const listener of this.listeners) listener.entry(typeof each === "number" ? entry(each) : each);
    }
  }

  interrupt() {
    for (const listener of this.listeners) listener.interrupted();
  }
}

/** A subscriber that records what it gets: messages and "reset". */
export function recorder(log: HandMadeLog) {
  const got: string[] = [];
  const subscriber: HubSubscriber = {
    entry: (each) => got.push(messageOf(each)),
    reset: () => got.push("reset"),
    missed: (after) => log.missed(after),
    end: () => undefined,
  };
  return { got, subscriber };
}

export async function attached(log = new HandMadeLog()) {
  const hub = new EventHub(log);
  const { got, subscriber } = recorder(log);
  return { log, hub, got, detach: await hub.attach("ada", subscriber) };
}

/** The same, with a reader that has everything up to `position`. */
export async function begun(position = "0-1") {
  const parts = await attached();
  parts.hub.begin("ada", position);
  return parts;
}
