import type { EventId, McpConnectionEvent } from "@mcp-assistant/protocol";
import type { Backend } from "../../backend/backend.js";
import type { ConnectionsStore } from "../../store/connections-store.js";
import { type EventSink, EventStream } from "../event-stream.js";
import type { Network } from "../network.js";
import type { StreamState } from "../stream-state.js";
import { missedEvents } from "./missed-events.js";
import type { MessageOf, StreamChannel, StreamMessage } from "./stream-channel.js";

export interface LeaderOptions {
  backend: Backend;
  store: ConnectionsStore;
  network: Network;
  userKey: string;
  channel: StreamChannel;
  show(state: StreamState): void;
}

/** The tab that holds the stream and passes its events on. */
export class StreamLeader implements EventSink {
  readonly #options: LeaderOptions;
  readonly #stream: EventStream;
  readonly #term = Math.random().toString(36).slice(2);
  /** How many events this leadership has sent. */
  #position = 0;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#stream = new EventStream({ ...options, sink: this });
  }

  open(): () => void {
    const tell = () => {
      const state = this.#stream.state.get();
      this.#options.channel.post({ type: "state", ...this.#at, state });
      this.#options.show(state);
    };
    const close = this.#stream.open();
    tell();
    const stopTelling = this.#stream.state.subscribe(tell);
    return () => {
      stopTelling();
      close();
    };
  }

  retry(): void {
    this.#stream.retry();
  }

  receive(message: StreamMessage, from: string): void {
    if (message.type === "hello") this.#welcome(message, from);
    else if (message.type === "retry") this.retry();
    // Other messages are from a previous leader. Our stream resumes where we are, so it brings their events again.
  }

  get lastEventId(): EventId | undefined {
    return this.#options.store.lastEventId;
  }

  record(id: EventId, event: McpConnectionEvent): void {
    this.#options.store.record(id, event);
    this.#position += 1;
    this.#options.channel.post({ type: "event", ...this.#at, id, event });
  }

  get #at() {
    return { term: this.#term, position: this.#position };
  }

  #welcome({ lastEventId, at }: MessageOf<"hello">, to: string): void {
    const { store, channel } = this.#options;
    const state = this.#stream.state.get();
    const { connections, clock } = store;
    const known = { connections, lastEventId: store.lastEventId, recent: store.recent.get(), now: clock.now() };
    const isUpToDate = at?.term === this.#term && at.position === this.#position && lastEventId === known.lastEventId;
    const missed = isUpToDate
      ? []
      : missedEvents({ ...known, isLive: state.status === "live" }, lastEventId ?? undefined);
    channel.post({ type: "welcome", ...this.#at, state, missed }, to);
  }
}
