import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort, freePortRange, isPortFree } from "./ports.mjs";

function listen(port: number): Promise<() => Promise<void>> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(port, "127.0.0.1", () => resolve(() => new Promise((closed) => server.close(() => closed()))));
  });
}

test("a port is free until a server listens on it, and again afterwards", async () => {
  const port = await freePort();
  expect(await isPortFree(port)).toBe(true);
  const close = await listen(port);
  expect(await isPortFree(port)).toBe(false);
  await close();
  expect(await isPortFree(port)).toBe(true);
});

test("the system does not give a free port to other programs", async () => {
  for (let count = 0; count < 20; count += 1) expect(await freePort()).toBeLessThan(32_768);
});

test("every port in a range of free ports is free", async () => {
  const first = await freePortRange(4);
  const free = await Promise.all([0, 1, 2, 3].map((offset) => isPortFree(first + offset)));
  expect(free).toEqual([true, true, true, true]);
});

test("with an offset, the ports that much higher are also free", async () => {
  const first = await freePortRange(2, "127.0.0.1", 10_000);
  const free = await Promise.all([0, 1, 10_000, 10_001].map((offset) => isPortFree(first + offset)));
  expect(free).toEqual([true, true, true, true]);
  expect(first + 10_001).toBeLessThan(32_768);
});
