import type { Connection, McpConnectionEvent } from "@mcp-assistant/protocol";

/** Counts what a user's reader got from one connection. Each of its events has a `v` one higher than the one before. */
export class EventTally {
  readonly user: string;
  /** The number of snapshots. The first one begins the stream. */
  resets = 0;
  /** Events that came in order. Events may have been skipped before one of them. */
  received = 0;
  /** Events that were skipped. */
  lost = 0;
  /** Events that came twice or late. */
  again = 0;
  /** The connections of the newest snapshot. */
  connections: Connection[] = [];
  #last = 0;

  constructor(user: string) {
    this.user = user;
  }

  record(event: McpConnectionEvent): void {
    if (event.type === "reset") {
      this.resets += 1;
      this.connections = event.connections;
      const v = event.connections[0]?.v ?? 0;
      if (this.resets > 1) this.lost += Math.max(v - this.#last, 1);
      this.#last = v;
      return;
    }
    // No log has it.
    if (event.type === "call_progress") return;
    if (event.v <= this.#last) {
      this.again += 1;
      return;
    }
    this.received += 1;
    this.lost += event.v - this.#last - 1;
    this.#last = event.v;
  }

  /** Events that have arrived or were skipped. */
  get seen(): number {
    return this.received + this.lost;
  }
}
