import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type CuttingProxy, startCuttingProxy } from "./cutting-proxy.js";

/** A server that repeats what it hears, behind a proxy. */
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
  const client = { socket, heard: "", failed: "", closed: false };
  socket.on("data", (chunk: Buffer) => {
    client.heard += chunk;
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

const hears = (client: Client, text: string) => vi.waitFor(() => expect(client.heard).toBe(text));
const isClosed = (client: Client) => vi.waitFor(() => expect(client.closed).toBe(true));

test("everything passes in both directions, also more than the sockets hold", async () => {
  const client = await connect();
  const text = "a long text ".repeat(500_000);
  client.socket.write(text);
  await vi.waitFor(() => expect(client.heard.length).toBe(text.length), 10_000);
  expect(client.heard === text).toBe(true);
});

test("a side that ends is told to the other", async () => {
  const client = await connect();
  client.socket.end("the last words");
  await hears(client, "the last words");
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
  await hears(next, "hello");
  expect(proxy.accepted).toBe(3);
});

test("one connection is cut with a reset, and the others stand", async () => {
  const [one, other] = [await connect(), await connect()];
  proxy.connections()[0]?.cut({ reset: true });
  await isClosed(one);
  expect(one.failed).toBe("ECONNRESET");
  other.socket.write("hello");
  await hears(other, "hello");
  expect(other.closed).toBe(false);
});

test("a connection is cut after so many bytes, within what it carries", async () => {
  const client = await connect();
  client.socket.write("before");
  await hears(client, "before");
  proxy.connections()[0]?.cutAfter(5);
  client.socket.write(" ab");
  await hears(client, "before ab");
  client.socket.write("cdef");
  await isClosed(client);
  expect(client.heard).toBe("before abcd");
});

test("nothing passes a black hole, old connection or new, until it ends", async () => {
  const old = await connect();
  proxy.blackhole();
  const fresh = await connect();
  old.socket.write("old");
  fresh.socket.write("fresh");
  await pause(100);
  expect([old.heard, fresh.heard, old.closed, fresh.closed]).toEqual(["", "", false, false]);
  await proxy.resume();
  await hears(old, "old");
  await hears(fresh, "fresh");
});

test("while it refuses, connections are cut and nobody gets in", async () => {
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
  await hears(next, "hello");
});
