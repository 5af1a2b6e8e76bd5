import { once } from "node:events";
import { connect, createServer, type TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { Connection } from "../src/outbound/wire.js";
import { localhostCertificate } from "../src/storage/redis/localhost-certificate.fixture.js";

const { certificate, key } = localhostCertificate;

test("with TLS, its own bytes are counted too: a record of one byte takes more than twenty", async () => {
  const server = createServer({ cert: certificate, key }, async (socket: TLSSocket) => {
    socket.setNoDelay(true);
    for (let count = 0; count < 100; count += 1) await new Promise((sent) => socket.write("x", sent));
    socket.end();
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const socket = connect({ port, host: "127.0.0.1", ca: certificate });
  await once(socket, "secureConnect");
  const connection = new Connection();
  connection.opened(socket);
  const before = connection.bytes.wire;
  let text = "";
  let after = before;
  for await (const chunk of socket) {
    text += chunk;
    after = Math.max(after, connection.bytes.wire);
  }
  expect(text).toBe("x".repeat(100));
  expect(after - before).toBeGreaterThan(100 * 20);
});
