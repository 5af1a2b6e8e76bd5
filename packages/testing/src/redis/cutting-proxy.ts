import { createConnection, createServer, type Server, type Socket } from "node:net";

export interface CuttingProxyOptions {
  /** The target of the connections. Default for `host`: 127.0.0.1. */
  port: number;
  host?: string;
}

/** One connection through the proxy. */
export interface ProxiedConnection {
  /** Cuts the connection at once, even in the middle of its data: with RST if `reset`, else with FIN. */
  cut(options?: { reset?: boolean }): void;
  /** Lets this many more bytes through to the client and then cuts, even within a frame or a character. */
  cutAfter(bytes: number): void;
}

export interface CuttingProxy {
  /** `127.0.0.1:port` */
  host: string;
  port: number;
  /** The open connections, oldest first. */
  connections(): ProxiedConnection[];
  /** How many connections it has accepted so far. */
  readonly accepted: number;
  /** Cuts all connections. New ones are accepted. */
  cut(options?: { reset?: boolean }): void;
  /** Silently stops passing anything on, as when a cable is pulled. */
  blackhole(): void;
  /** Refuses new connections and cuts open ones, as when the server has ended. */
  refuse(): Promise<void>;
  /** Ends a black hole, whose held bytes then arrive, or a refusal. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

/** A TCP proxy on 127.0.0.1 in front of a server that can simulate network faults. */
export async function startCuttingProxy({
  port: target,
  host = "127.0.0.1",
}: CuttingProxyOptions): Promise<CuttingProxy> {
  const standing = new Set<Relay>();
  let stalled = false;
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = createConnection({ port: target, host, allowHalfOpen: true });
    const relay = new Relay(client, upstream, () => standing.delete(relay));
    standing.add(relay);
    accepted += 1;
    if (stalled) relay.stall();
  });
  await listen(server, 0);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port");
  const { port } = address;
  const cut = (options?: { reset?: boolean }) => {
    for (const relay of [...standing]) relay.cut(options);
  };
  const refuse = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    cut();
    await closed;
  };
  return {
    host: `127.0.0.1:${port}`,
    port,
    connections: () => [...standing],
    get accepted() {
      return accepted;
    },
    cut,
    blackhole: () => {
      stalled = true;
      for (const relay of standing) relay.stall();
    },
    refuse,
    resume: async () => {
      stalled = false;
      for (const relay of standing) relay.flow();
      if (!server.listening) await listen(server, port);
    },
    close: refuse,
  };
}

class Relay implements ProxiedConnection {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #onCut: () => void;
  #stalled = false;
  /** Bytes that may still go to the client. */
  #left = Number.POSITIVE_INFINITY;

  constructor(client: Socket, upstream: Socket, onCut: () => void) {
    this.#client = client;
    this.#upstream = upstream;
    this.#onCut = onCut;
    this.#pass(client, upstream, (chunk) => chunk);
    this.#pass(upstream, client, (chunk) => this.#allow(chunk));
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      // Errors of a cut connection are expected.
      socket.on("error", () => undefined);
      socket.on("close", (failed) => {
        if (failed || (client.closed && upstream.closed)) this.cut();
      });
    }
  }

  cut({ reset = false }: { reset?: boolean } = {}): void {
    if (reset) this.#client.resetAndDestroy();
    else this.#client.destroy();
    this.#upstream.destroy();
    this.#onCut();
  }

  cutAfter(bytes: number): void {
    this.#left = bytes;
  }

  stall(): void {
    this.#stalled = true;
    for (const socket of [this.#client, this.#upstream]) socket.pause();
  }

  flow(): void {
    this.#stalled = false;
    for (const socket of [this.#client, this.#upstream]) socket.resume();
  }

  #pass(from: Socket, to: Socket, allow: (chunk: Buffer) => Buffer): void {
    from.on("data", (chunk: Buffer) => {
      if (to.write(allow(chunk))) return;
      from.pause();
      to.once("drain", () => {
        if (!this.#stalled) from.resume();
      });
    });
    from.on("end", () => to.end());
  }

  #allow(chunk: Buffer): Buffer {
    this.#left -= chunk.length;
    if (this.#left >= 0) return chunk;
    const allowed = chunk.subarray(0, chunk.length + this.#left);
    this.#left = 0;
    // The last bytes must be sent before the connection is cut.
    this.#client.write(allowed, () => this.cut());
    return Buffer.alloc(0);
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}
