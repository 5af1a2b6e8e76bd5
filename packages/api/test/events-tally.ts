import type { Connection, McpConnectionEvent } from "@mcp-assistant/protocol";

/** What a user's reader got of one connection whose every event has a `v` of one more than the event before. */
export class EventTally {
  readonly user: string;
  /** Snapshots. The first one begins the stream. */
  resets = 0;
  /** Events that came in order, behind whatever was passed over. */
  received = 0;
  /** Events that were passed over. */
  lost = 0;
  /** Events that came twice, or late. */
  again = 0;
  /** As the newest snapshot showed them. */
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
    if (event.v <= this.#last) {
      this.again += 1;
      return;
    }
    this.received += 1;
    this.lost += event.v - this.#last - 1;
    this.#last = event.v;
  }

  /** Events that have arrived or were passed over. */
  get seen(): number {
    return this.received + this.lost;
  }
}
