import type { Socket } from "node:net";
import { Client, type Dispatcher, Pool } from "undici";
import { type Reader, ReadingTurns } from "../budgets/reading-turns.js";

/** A request that wants to know its connection. */
export interface WatchedRequest extends Dispatcher.DispatchOptions {
  onConnection?: (connection: Connection) => void;
}

/** The request that a connection serves. */
export interface Watcher {
  /** In whose share of a turn its answer is read. */
  user: string;
  /**
   * Called when the parser has taken what it got. Returns how many of the bytes that have `arrived` it may get next, and
   * after how long (ms). It may end the request.
   */
  next: (arrived: number) => { bytes: number; waitMs: number };
}

/** What has arrived on a connection, without what waits for the parser. */
interface ReceivedBytes {
  /** With those of TLS itself. */
  wire: number;
  /** For the parser. */
  parsed: number;
}

/**
 * One connection to a server. It serves one request at a time, so everything that arrives on it belongs to the request
 * that is under way: heads, informational answers (RFC 9110 §15.2), the framing of chunks and trailers (RFC 9112 §7.1),
 * and the body.
 *
 * It decides how much of it the parser gets, and when. The parser itself would take all that has arrived, and go on with it
 * after it has failed, with an error for each further field of a head: hundreds of milliseconds for what a socket reads at
 * once.
 */
export class Connection {
  #socket: Socket | undefined;
  /** What had arrived when the last socket was closed. */
  #bytesAtClose: ReceivedBytes = { wire: 0, parsed: 0 };
  #watcher: Watcher | undefined;
  #reader: Reader | undefined;
  #waiting: NodeJS.Timeout | undefined;

  /** It has been opened, for the first time or again. */
  opened(socket: Socket): void {
    this.#socket = socket;
    const read = socket.read.bind(socket);
    // undici names no size. Node does, and means its own buffer.
    socket.read = (size) => (size === undefined ? this.#nextPiece(socket, read) : read(size));
    socket.once("close", () => {
      if (this.#socket !== socket) return;
      this.#bytesAtClose = this.bytes;
      clearTimeout(this.#waiting);
      // A closed socket still holds what it has read.
      this.#socket = undefined;
    });
  }

  get bytes(): ReceivedBytes {
    const socket = this.#socket;
    if (!socket) return this.#bytesAtClose;
    return { wire: receivedBy(socket) - socket.readableLength, parsed: socket.bytesRead - socket.readableLength };
  }

  /** From now on, asks `watcher` before the parser gets anything. */
  watch(watcher: Watcher): void {
    this.#watcher = watcher;
    // undici listens to this event, and reads until it gets nothing more.
    this.#reader = { user: watcher.user, readOn: () => this.#socket?.emit("readable") };
  }

  unwatch(): void {
    clearTimeout(this.#waiting);
    this.#watcher = this.#reader = undefined;
  }

  #nextPiece(socket: Socket, read: Socket["read"]): unknown {
    const watcher = socket.destroyed ? undefined : this.#watcher;
    const { bytes, waitMs } = watcher?.next(socket.readableLength) ?? { bytes: Number.POSITIVE_INFINITY, waitMs: 0 };
    if (socket.destroyed) return null;
    const arrived = socket.readableLength;
    const reader = watcher && this.#reader;
    if (!reader || arrived === 0) return read();
    if (waitMs > 0) {
      clearTimeout(this.#waiting);
      this.#waiting = setTimeout(reader.readOn, waitMs).unref();
      return null;
    }
    const size = ReadingTurns.ofAnswers.take(reader, Math.min(arrived, bytes));
    return size === 0 ? null : read(size);
  }
}

/** Connections to one origin. Each tells its requests that they go out on it. */
export function watchedConnections(origin: string | URL, options: object): Dispatcher {
  return new Pool(origin, { ...options, factory: (url, options) => new WatchedClient(url, options) });
}

/** A socket with TLS counts only what it has decrypted. Its handle knows the one below, which counts all (node:tls). */
function receivedBy(socket: Socket & { _handle?: { _parent?: { bytesRead?: number } } | null }): number {
  return socket._handle?._parent?.bytesRead ?? socket.bytesRead;
}

class WatchedClient extends Client {
  readonly #connection: Connection;

  constructor(origin: URL, { connect, ...options }: Client.Options) {
    const connection = new Connection();
    if (typeof connect !== "function") throw new TypeError("The dialler is missing");
    super(origin, {
      ...options,
      connect: (target, callback) =>
        connect(target, (...opened) => {
          if (opened[1]) connection.opened(opened[1]);
          callback(...opened);
        }),
    });
    this.#connection = connection;
  }

  override dispatch(request: WatchedRequest, handler: Dispatcher.DispatchHandler): boolean {
    request.onConnection?.(this.#connection);
    return super.dispatch(request, handler);
  }
}
