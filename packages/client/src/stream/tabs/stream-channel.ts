import { connectionEventSchema, errorInfoSchema, isEventId } from "@mcp-assistant/protocol";
import * as z from "zod";
import type { TabChannel, Tabs } from "./tabs.js";

const entry = { id: z.string().refine(isEventId), event: connectionEventSchema };

const state = z.object({
  status: z.enum(["connecting", "live", "reconnecting", "offline"]),
  error: errorInfoSchema.nullable(),
});

/** The leadership that a message is from. Its events are counted, so that a tab notices when it has missed one. */
const ofTerm = { term: z.string(), position: z.number().int().nonnegative() };

const streamMessageSchema = z.discriminatedUnion("type", [
  /** To the leader: I follow, and this is my position. Repeated regularly to check that the leader is there. */
  z.object({
    type: z.literal("hello"),
    lastEventId: entry.id.nullable(),
    at: z.object(ofTerm).nullable(),
  }),
  /** The leader's answer: the events that the follower has missed, or a snapshot. */
  z.object({ type: z.literal("welcome"), ...ofTerm, state, missed: z.array(z.object(entry)) }),
  z.object({ type: z.literal("event"), ...ofTerm, ...entry }),
  /** Also the first message of a new leader. */
  z.object({ type: z.literal("state"), ...ofTerm, state }),
  /** To the leader: retry the stream now. */
  z.object({ type: z.literal("retry") }),
]);

export type StreamMessage = z.infer<typeof streamMessageSchema>;
export type MessageOf<TType extends StreamMessage["type"]> = Extract<StreamMessage, { type: TType }>;

const envelopeSchema = z.object({ from: z.string(), to: z.string().nullable(), message: z.unknown() });

/** Receives a message and the tab that sent it. */
export type MessageListener = (message: StreamMessage, from: string) => void;

/**
 * The messages between a user's tabs. The other tab may run another version of our code, so messages that do not parse
 * are dropped. A tab that needed one notices the gap and asks again.
 */
export class StreamChannel {
  readonly #tab = Math.random().toString(36).slice(2);
  readonly #channel: TabChannel;
  #isOpen = true;

  constructor(tabs: Tabs, userKey: string, listener: MessageListener) {
    this.#channel = tabs.openChannel(userKey, (received) => {
      const envelope = envelopeSchema.safeParse(received).data;
      // Check the address before parsing, because a snapshot for another tab may be large.
      if (!this.#isOpen || !envelope || (envelope.to !== null && envelope.to !== this.#tab)) return;
      const message = streamMessageSchema.safeParse(envelope.message);
      if (message.success) listener(message.data, envelope.from);
    });
  }

  /** Sends to one tab, or by default to all others. */
  post(message: StreamMessage, to: string | null = null): void {
    if (this.#isOpen) this.#channel.post({ from: this.#tab, to, message });
  }

  close(): void {
    this.#isOpen = false;
    this.#channel.close();
  }
}
