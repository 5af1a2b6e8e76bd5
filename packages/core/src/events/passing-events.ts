import type { PassingEvent } from "@mcp-assistant/protocol";

/** The place of a call's latest event in the queue of a stream. */
export interface PassingPlace {
  readonly type: "passing";
  event: PassingEvent;
}

const keyOf = ({ sessionId, callId }: PassingEvent) => `${sessionId} ${callId}`;

/** The passing events that wait for the reader of one stream: one for each call, the latest. */
export class PassingEvents {
  readonly #waiting = new Map<string, PassingPlace>();

  /** The place to queue; undefined if the call has one already, which now holds this event. */
  put(event: PassingEvent): PassingPlace | undefined {
    const known = this.#waiting.get(keyOf(event));
    if (known) {
      known.event = event;
      return undefined;
    }
    const place: PassingPlace = { type: "passing", event };
    this.#waiting.set(keyOf(event), place);
    return place;
  }

  /** The event in a place that has left the queue. */
  take({ event }: PassingPlace): PassingEvent {
    this.#waiting.delete(keyOf(event));
    return event;
  }

  clear(): void {
    this.#waiting.clear();
  }
}
