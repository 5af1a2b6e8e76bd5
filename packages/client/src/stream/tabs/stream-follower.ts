import type { ConnectionsStore } from "../../store/connections-store.js";
import type { StreamState } from "../stream-state.js";
import type { MessageOf, StreamChannel, StreamMessage } from "./stream-channel.js";

export interface FollowerOptions {
  store: ConnectionsStore;
  channel: Pick<StreamChannel, "post">;
  show(state: StreamState): void;
  /** Called when the leader does not answer: this tab has to lead. */
  takeOver(): void;
}

/** How long (ms) after its last answer the leader is asked again. */
const askIntervalMs = 10_000;

/** How long (ms) the leader may take to answer. */
const answerTimeoutMs = 3_000;

/** A tab that gets its events from the leader. */
export class StreamFollower {
  readonly #options: FollowerOptions;
  /** Our position in the leader's events. Null until it has answered. */
  #at: { term: string; position: number } | null = null;
  /** The leadership that we have asked about and wait for. */
  #asked: string | undefined;
  #unanswered = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  open(): () => void {
    this.#showLastKnown();
    this.#ask();
    return () => clearTimeout(this.#timer);
  }

  retry(): void {
    this.#options.channel.post({ type: "retry" });
  }

  receive(message: StreamMessage): void {
    switch (message.type) {
      case "welcome":
        this.#settle(message);
        break;
      case "event":
        if (message.term === this.#at?.term && message.position === this.#at.position + 1) {
          this.#at = { term: message.term, position: message.position };
          this.#options.store.record(message.id, message.event);
        } else {
          this.#askAbout(message.term);
        }
        break;
      case "state":
        if (message.term === this.#at?.term && message.position === this.#at.position) this.#show(message.state);
        else this.#askAbout(message.term);
        break;
    }
  }

  #settle({ term, position, state, missed }: MessageOf<"welcome">): void {
    this.#at = { term, position };
    this.#asked = undefined;
    this.#unanswered = 0;
    this.#askIn(askIntervalMs);
    for (const { id, event } of missed) this.#options.store.record(id, event);
    this.#show(state);
  }

  /** Asks once for each leadership: its answer includes everything that it sends before. */
  #askAbout(term: string): void {
    if (this.#asked === term) return;
    this.#ask();
    this.#asked = term;
  }

  #ask(): void {
    const { store, channel } = this.#options;
    channel.post({ type: "hello", lastEventId: store.lastEventId ?? null, at: this.#at });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#missAnswer(), answerTimeoutMs);
  }

  #askIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), ms);
  }

  #missAnswer(): void {
    this.#unanswered += 1;
    this.#showLastKnown();
    // Wait twice, because a computer that slept between question and answer misses one.
    if (this.#unanswered > 1) this.#options.takeOver();
    else this.#ask();
  }

  #showLastKnown(): void {
    this.#show({ status: "connecting", error: null });
  }

  /** The leader may still be connecting although this tab already has data. */
  #show({ status, error }: StreamState): void {
    const isKnown = status === "connecting" && this.#options.store.lastEventId !== undefined;
    this.#options.show({ status: isKnown ? "reconnecting" : status, error });
  }
}
