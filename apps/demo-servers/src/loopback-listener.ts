import { createServer, type RequestListener, type Server } from "node:http";

const LOOPBACK = "127.0.0.1";

/** Another program is using the requested port. */
export class PortTakenError extends Error {
  override readonly name = "PortTakenError";
  readonly code = "port_taken";
  readonly port: number;

  constructor(port: number, cause: Error) {
    super(`Port ${port} is already in use`, { cause });
    this.port = port;
  }
}

/** A bound port on the loopback interface. The listener that was set last answers its requests. */
export interface LoopbackListener {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** `http://127.0.0.1:<port>`, without a trailing slash. */
  readonly origin: string;
  serve(listener: RequestListener): void;
  close(): Promise<void>;
}

/**
 * Binds a port on 127.0.0.1 before there is anything to serve, because an issuer URL contains the port, which must be
 * known first. Until `serve` is called, every request is answered with 503.
 *
 * @param port the port to bind; with 0 the system chooses a free one
 * @throws {PortTakenError} if another program listens on the port
 */
export async function listenOnLoopback(port: number): Promise<LoopbackListener> {
  let listener: RequestListener = (_request, response) => {
    response.writeHead(503).end();
  };
  const server = createServer((request, response) => listener(request, response));
  const bound = await bind(server, port);
  const host = `${LOOPBACK}:${bound}`;

  return {
    host,
    origin: `http://${host}`,
    serve(next) {
      listener = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Otherwise an open event stream would keep the server open for as long as its client stays.
        server.closeAllConnections();
      }),
  };
}

function bind(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? new PortTakenError(port, error) : error);
    });
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("the server has no TCP address"));
      else resolve(address.port);
    });
  });
}
