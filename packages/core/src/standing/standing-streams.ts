import type { LoggedEvent } from "@mcp-assistant/protocol";
import type { StreamWatch, WatchedStream } from "../events/user-stream.js";
import { runShared } from "../process-wide.js";
import type { SessionRecord } from "../session/session-record.js";
import { SessionStream, type SessionStreamDeps } from "./session-stream.js";

/** How long (ms) standing streams stay open after the last reader of their user has gone: pages are loaded again. */
const patienceMs = 5_000;

/** A user who has event streams open in this process. */
interface Reader {
  streams: number;
  sessions: Map<string, SessionStream>;
  standing: number;
  patience?: NodeJS.Timeout;
}

/**
 * The streams on which servers may say something on their own. They are open only while their user has an event stream
 * open in this process.
 */
export class StandingStreams implements StreamWatch {
  readonly #parts: () => SessionStreamDeps;
  readonly #readers = new Map<string, Reader>();
  readonly #ending = new Set<Promise<void>>();
  #standing = 0;
  #isClosed = false;

  constructor(parts: () => SessionStreamDeps) {
    this.#parts = parts;
  }

  opened(userId: string): WatchedStream {
    const reader: Reader = this.#readers.get(userId) ?? { streams: 0, sessions: new Map(), standing: 0 };
    if (!this.#isClosed) this.#readers.set(userId, reader);
    clearTimeout(reader.patience);
    reader.streams += 1;
    let isOpen = true;
    return {
      shown: (records) => this.#show(reader, records),
      changed: (event) => this.#change(userId, reader, event),
      ended: () => {
        if (!isOpen) return;
        isOpen = false;
        reader.streams -= 1;
        if (reader.streams > 0) return;
        reader.patience = setTimeout(() => this.#leave(userId, reader), patienceMs).unref();
      },
    };
  }

  /** Whether the user has an event stream open in this process, or had one a moment ago. */
  hasReader(userId: string): boolean {
    return this.#readers.has(userId);
  }

  /** What is followed in a session has changed in this process. */
  poke(userId: string, sessionId: string): void {
    this.#readers.get(userId)?.sessions.get(sessionId)?.poke();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const [userId, reader] of this.#readers) {
      clearTimeout(reader.patience);
      this.#leave(userId, reader);
    }
    await Promise.all(this.#ending);
  }

  #show(reader: Reader, records: readonly SessionRecord[]): void {
    const present = new Map(records.map((record) => [record.sessionId, record]));
    for (const sessionId of reader.sessions.keys()) if (!present.has(sessionId)) this.#end(reader, sessionId);
    for (const record of records) if (record.state === "CONNECTED") this.#see(reader, record);
  }

  #change(userId: string, reader: Reader, event: LoggedEvent): void {
    const { sessionId, type, v } = event;
    if (type === "session_removed") this.#end(reader, sessionId);
    else if (type === "state_changed" && event.state === "CONNECTED") this.#see(reader, { userId, sessionId, v });
    else if (type === "state_changed") reader.sessions.get(sessionId)?.changed(v);
  }

  #see(reader: Reader, { userId, sessionId, v }: Pick<SessionRecord, "userId" | "sessionId" | "v">): void {
    if (this.#isClosed) return;
    const known = reader.sessions.get(sessionId);
    if (known) {
      known.changed(v);
      return;
    }
    const takeRoom = () => this.#takeRoom(reader);
    // Not in the name of the answer that happens to carry the user's events.
    const stream = runShared(() => new SessionStream(this.#parts, { userId, sessionId }, takeRoom));
    reader.sessions.set(sessionId, stream);
  }

  #takeRoom(reader: Reader): (() => void) | undefined {
    const { standingStreams, standingStreamsPerUser } = this.#parts().limits;
    if (reader.standing >= standingStreamsPerUser || this.#standing >= standingStreams) return undefined;
    reader.standing += 1;
    this.#standing += 1;
    return () => {
      reader.standing -= 1;
      this.#standing -= 1;
    };
  }

  #leave(userId: string, reader: Reader): void {
    if (this.#readers.get(userId) === reader) this.#readers.delete(userId);
    for (const sessionId of reader.sessions.keys()) this.#end(reader, sessionId);
  }

  #end(reader: Reader, sessionId: string): void {
    const stopped = reader.sessions.get(sessionId)?.stop();
    reader.sessions.delete(sessionId);
    if (!stopped) return;
    const ending = stopped.finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
