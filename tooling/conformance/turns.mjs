import { once } from "node:events";
import { connect, createServer } from "node:net";

/**
 * Lets `atOnce` processes work at a time. The referee starts the clients of all scenarios together, which on a small
 * machine makes all of them too slow for the time limits of a connection.
 */
export async function openTurns(atOnce) {
  const waiting = [];
  let working = 0;
  const next = () => {
    while (working < atOnce && waiting.length > 0) {
      working += 1;
      waiting.shift().write("go");
    }
  };
  const server = createServer((socket) => {
    waiting.push(socket);
    // A process's turn ends when the process does, however it ends.
    socket.on("error", () => undefined).resume();
    socket.once("close", () => {
      const place = waiting.indexOf(socket);
      if (place === -1) working -= 1;
      else waiting.splice(place, 1);
      next();
    });
    next();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { port: typeof address === "object" ? address?.port : undefined, close: () => void server.close() };
}

/** Waits for this process's turn, which ends when the process does. */
export async function takeTurn(port) {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "data");
  socket.on("error", () => undefined).unref();
}
