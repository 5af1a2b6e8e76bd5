import { createServer } from "node:net";

/** Listens briefly, so that the result is what a server would experience on this port. */
function tryListen(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host, exclusive: true }, () => {
      const { port: bound } = server.address();
      server.close(() => resolve(bound));
    });
  });
}

export async function isPortFree(port, host = "127.0.0.1") {
  return tryListen(port, host).then(
    () => true,
    (error) => {
      if (error.code === "EADDRINUSE") return false;
      throw error;
    },
  );
}

// Below the range that systems use for outgoing connections and `listen(0)`, so those never take a port from it.
const rangeStart = 20_000;
const rangeEnd = 32_000;

export const freePort = (host = "127.0.0.1") => freePortRange(1, host);

export async function freePortRange(count, host = "127.0.0.1", offset = 0) {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = rangeStart - offset + Math.floor(Math.random() * (rangeEnd - rangeStart - count));
    const row = Array.from({ length: count }, (_, index) => first + index);
    const ports = offset === 0 ? row : [...row, ...row.map((port) => port + offset)];
    const free = await Promise.all(ports.map((port) => isPortFree(port, host)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`No ${count} free ports in a row between ${rangeStart} and ${rangeEnd}`);
}
