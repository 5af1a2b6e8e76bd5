import type { Socket } from "node:net";
import { Client, type Dispatcher, Pool } from "undici";

/** A request that wants to know its connection. */
export interface WatchedRequest extends Dispatcher.DispatchOptions {
  onConnection?: (connection: Connection) => void;
}

/**
 * How many bytes of a head the parser gets at a time. It parses all of them, even after a field that makes the head too
 * long, and makes an error with a stack for each field that follows (RFC 9112 §5): hundreds of milliseconds for what a
 * socket reads at once.
 */
const headBytes = 4_096;

/**
 * One connection to a server. It serves one request at a time, so everything that arrives on it belongs to the request
 * that is under way: heads, informational answers (RFC 9110 §15.2), the framing of chunks and trailers (RFC 9112 §7.1),
 * and the body.
 */
export class Connection {
  #socket: Socket | undefined;
  /** What had arrived when the last socket was closed. */
  #bytesAtClose = 0;
  #isWatched = false;
  #isHead = true;
  #onBytes: (() => void) | undefined;

  /** It has been opened, for the first time or again. */
  opened(socket: Socket): void {
    this.#socket = socket;
    this.#isWatched = false;
    const read = socket.read.bind(socket);
    // undici names no size, and gets all that has arrived.
    socket.read = (size) => {
      if (socket.destroyed) return null;
      return read(size ?? (this.#isHead ? Math.min(socket.readableLength, headBytes) || undefined : undefined));
    };
    socket.once("close", () => {
      if (this.#socket !== socket) return;
      this.#bytesAtClose = this.bytes;
      // A closed socket still holds what it has read.
      this.#socket = undefined;
    });
  }

  /** The bytes that have arrived, with those of TLS itself, without those that the parser has not taken yet. */
  get bytes(): number {
    return this.#socket ? receivedBy(this.#socket) - this.#socket.readableLength : this.#bytesAtClose;
  }

  /** From now on, calls `onBytes` whenever the parser has taken bytes. */
  watch(onBytes: () => void): void {
    this.#isHead = true;
    this.#onBytes = onBytes;
    if (this.#isWatched) return;
    this.#isWatched = true;
    // The parser listens to the same event. A listener that is added this late comes after it.
    this.#socket?.on("readable", () => this.#onBytes?.());
  }

  /** The head of the final answer has been read. */
  headEnded(): void {
    this.#isHead = false;
  }

  unwatch(): void {
    this.#onBytes = undefined;
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
