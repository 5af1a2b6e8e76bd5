import { createConnection } from "node:net";
import { expect, test } from "vitest";
import { startRedis } from "./redis.mjs";

function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, "127.0.0.1", () => socket.write(`${command}\r\n`));
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString());
    });
    socket.once("error", reject);
  });
}

test("a Redis of one's own answers, is killed, and comes back on the same port with nothing in it", async () => {
  const first = await startRedis();
  expect(first.url).toBe(`redis://127.0.0.1:${first.port}`);
  expect(await ask(first.port, "SET greeting hello")).toBe("+OK\r\n");
  await first.kill();
  await expect(ask(first.port, "PING")).rejects.toThrow("ECONNREFUSED");

  const second = await startRedis({ port: first.port, args: ["--maxmemory", "10mb"] });
  expect(await ask(second.port, "GET greeting")).toBe("$-1\r\n");
  expect(await ask(second.port, "CONFIG GET maxmemory")).toContain("10485760");
  await second.stop();
  await expect(ask(second.port, "PING")).rejects.toThrow("ECONNREFUSED");
});
