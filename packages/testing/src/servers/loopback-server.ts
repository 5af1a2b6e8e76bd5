import { createServer, type RequestListener } from "node:http";

/**
 * How long (ms) an idle connection stays open. On a busy machine, Node's own 5 s may end while the next request is already
 * on its way, and that fails.
 */
const keepAliveMs = 60_000;

export interface LoopbackServer {
  /** `http://127.0.0.1:port` */
  origin: string;
  /** `127.0.0.1:port` */
  host: string;
  close(): Promise<void>;
}

/** An HTTP server on 127.0.0.1, on a port that the system chooses. */
export async function startLoopbackServer(listener: RequestListener): Promise<LoopbackServer> {
  const server = createServer({ keepAliveTimeout: keepAliveMs }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  const host = `127.0.0.1:${address.port}`;
  return {
    origin: `http://${host}`,
    host,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
