import { createConnection, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { firstKey, type RedisGate, scriptKeys, startRedisGate } from "./redis-gate.js";

/** A fake Redis: keeps everything that it receives, and answers each command with the number of bytes so far. */
let received = "";
const server = createServer((socket) => {
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    received += chunk;
    socket.write(`:${received.length}\r\n`);
  });
});
let gate: RedisGate;
let client: Socket;
let answers: string;

beforeEach(async () => {
  received = answers = "";
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  gate = await startRedisGate({ port: address.port });
  client = createConnection({ port: gate.port, host: "127.0.0.1" });
  client.on("data", (chunk: Buffer) => {
    answers += chunk;
  });
});

afterEach(async () => {
  client.destroy();
  await gate.end();
  await new Promise((resolve) => server.close(resolve));
});

const encode = (...command: string[]) =>
  `*${command.length}\r\n${command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join("")}`;

test("commands and their answers pass, even in pieces", async () => {
  const get = encode("get", "ключ");
  client.write(get.slice(0, 9));
  await pause(20);
  expect(received).toBe("");
  client.write(get.slice(9));
  await vi.waitFor(() => expect(received).toBe(get));
  await vi.waitFor(() => expect(answers).not.toBe(""));
});

test("a command that is stopped before Redis never reaches it, nor do later commands", async () => {
  const stop = gate.close("before", (command) => command[0] === "SET" && firstKey(command) === "b");
  client.write(encode("set", "a", "1") + encode("set", "b", "2") + encode("set", "c", "3"));
  await stop.until(1);
  await pause(20);
  expect(received).toBe(encode("set", "a", "1"));
});

test("a command that is stopped after Redis reaches it, but its answer does not come back", async () => {
  const stop = gate.close("after", (command) => scriptKeys(command).includes("lock"));
  client.write(encode("evalsha", "sha", "2", "value", "lock", "owner") + encode("get", "a"));
  await stop.until(1);
  expect(received).toBe(encode("evalsha", "sha", "2", "value", "lock", "owner"));
  expect(answers).toBe("");
});
