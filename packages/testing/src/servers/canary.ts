import { createServer, type Socket } from "node:net";

export interface Canary {
  port: number;
  /** How many connections it got. */
  hits(): number;
  close(): Promise<void>;
}

/** Listens on all addresses of this machine to catch forbidden dials. Every connection counts, whatever it carries. */
export async function startCanary(): Promise<Canary> {
  let hits = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    hits += 1;
    sockets.add(socket.on("error", () => undefined).on("close", () => sockets.delete(socket)));
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "::", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The canary has no port");
  return {
    port: address.port,
    hits: () => hits,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
