import { networkInterfaces } from "node:os";
import { afterEach, expect, test } from "vitest";
import { type LoopbackListener, listenOnLoopback, PortTakenError } from "./loopback-listener.js";

const open: LoopbackListener[] = [];

async function listen(port = 0): Promise<LoopbackListener> {
  const listener = await listenOnLoopback(port);
  open.push(listener);
  return listener;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((listener) => listener.close()));
});

test("names the port that is taken", async () => {
  const { origin } = await listen();
  const port = Number(new URL(origin).port);

  const failure = await listenOnLoopback(port).catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(PortTakenError);
  expect(failure).toMatchObject({ code: "port_taken", port, message: `Port ${port} is already in use` });
});

test("cannot be reached through another network interface", async () => {
  const { origin } = await listen();
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const outside = addresses.filter(({ family, internal }) => family === "IPv4" && !internal);

  for (const { address } of outside) {
    await expect(fetch(origin.replace("127.0.0.1", address))).rejects.toThrow();
  }
  expect((await fetch(origin)).status).toBe(503);
});

test("answers with the listener that was set last", async () => {
  const listener = await listen();
  listener.serve((_request, response) => response.end("first"));
  listener.serve((_request, response) => response.end("second"));

  expect(await (await fetch(listener.origin)).text()).toBe("second");
});

test("closes even with an open stream", async () => {
  const listener = await listenOnLoopback(0);
  listener.serve((_request, response) => response.writeHead(200).write("the beginning"));
  const response = await fetch(listener.origin);

  await listener.close();

  await expect(response.text()).rejects.toThrow();
  await expect(fetch(listener.origin)).rejects.toThrow();
});
