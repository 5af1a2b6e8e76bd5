import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type CuttingProxy, startCuttingProxy } from "./cutting-proxy.js";

/** An echo server behind a proxy. */
const server = createServer((socket) => {
  socket.on("error", () => undefined);
  socket.pipe(socket);
});
let proxy: CuttingProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  proxy = await startCuttingProxy({ port: address.port });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  await new Promise((resolve) => server.close(resolve));
});

async function connect() {
  const socket = createConnection({ port: proxy.port, host: "127.0.0.1" });
  clients.push(socket);
  const client = { socket, received: "", failed: "", closed: false };
  socket.on("data", (chunk: Buffer) => {
    client.received += chunk;
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    client.failed = error.code ?? "";
  });
  socket.on("close", () => {
    client.closed = true;
  });
  await once(socket, "connect");
  await vi.waitFor(() => expect(proxy.connections()).toHaveLength(clients.length));
  return client;
}

type Client = Awaited<ReturnType<typeof connect>>;

const receives = (client: Client, text: string) => vi.waitFor(() => expect(client.received).toBe(text));
const isClosed = (client: Client) => vi.waitFor(() => expect(client.closed).toBe(true));

test("everything passes in both directions, even more than the sockets' buffers hold", async () => {
  const client = await connect();
  const text = "a long text ".repeat(500_000);
  client.socket.write(text);
  await vi.waitFor(() => expect(client.received.length).toBe(text.length), 10_000);
  expect(client.received === text).toBe(true);
});

test("the end of one side is passed on to the other", async () => {
  const client = await connect();
  client.socket.end("the last bytes");
  await receives(client, "the last bytes");
  await isClosed(client);
  expect(client.failed).toBe("");
  expect(proxy.connections()).toEqual([]);
});

test("a cut ends every connection, and new ones are accepted", async () => {
  const [one, other] = [await connect(), await connect()];
  proxy.cut();
  await Promise.all([isClosed(one), isClosed(other)]);
  clients.length = 0;
  const next = await connect();
  next.socket.write("hello");
  await receives(next, "hello");
  expect(proxy.accepted).toBe(3);
});

test("one connection can be cut with a reset, and the others stay open", async () => {
  const [one, other] = [await connect(), await connect()];
  proxy.connections()[0]?.cut({ reset: true });
  await isClosed(one);
  expect(one.failed).toBe("ECONNRESET");
  other.socket.write("hello");
  await receives(other, "hello");
  expect(other.closed).toBe(false);
});

test("a connection can be cut after a number of bytes, in the middle of its data", async () => {
  const client = await connect();
  client.socket.write("before");
  await receives(client, "before");
  proxy.connections()[0]?.cutAfter(5);
  client.socket.write(" ab");
  await receives(client, "before ab");
  client.socket.write("cdef");
  await isClosed(client);
  expect(client.received).toBe("before abcd");
});

test("nothing passes a black hole on old or new connections until it ends", async () => {
  const old = await connect();
  proxy.blackhole();
  const fresh = await connect();
  old.socket.write("old");
  fresh.socket.write("fresh");
  await pause(100);
  expect([old.received, fresh.received, old.closed, fresh.closed]).toEqual(["", "", false, false]);
  await proxy.resume();
  await receives(old, "old");
  await receives(fresh, "fresh");
});

test("while the proxy refuses, connections are cut and new ones fail", async () => {
  const client = await connect();
  await proxy.refuse();
  await isClosed(client);
  await expect(once(createConnection({ port: proxy.port, host: "127.0.0.1" }), "connect")).rejects.toThrow(
    "ECONNREFUSED",
  );
  clients.length = 0;
  await proxy.resume();
  const next = await connect();
  next.socket.write("hello");
  await receives(next, "hello");
});
