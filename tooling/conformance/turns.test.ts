import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { openTurns } from "./turns.mjs";

function ask(port: number | undefined): { socket: Socket; hasTurn: () => boolean } {
  let turn = false;
  const socket = connect(port ?? 0, "127.0.0.1").on("data", () => {
    turn = true;
  });
  onTestFinished(() => void socket.destroy());
  return { socket, hasTurn: () => turn };
}

test("only the allowed number have a turn at once, and the next gets one when a turn ends", async () => {
  const turns = await openTurns(2);
  onTestFinished(turns.close);
  const [first, second] = [ask(turns.port), ask(turns.port)];
  await expect.poll(() => [first, second].every(({ hasTurn }) => hasTurn())).toBe(true);
  const third = ask(turns.port);
  await new Promise((resolve) => third.socket.once("connect", resolve));
  expect(third.hasTurn()).toBe(false);
  first.socket.destroy();
  await expect.poll(third.hasTurn).toBe(true);
});

test("a process that ends while waiting does not use up a turn", async () => {
  const turns = await openTurns(1);
  onTestFinished(turns.close);
  const first = ask(turns.port);
  await expect.poll(first.hasTurn).toBe(true);
  const [second, third] = [ask(turns.port), ask(turns.port)];
  await new Promise((resolve) => second.socket.once("connect", resolve));
  second.socket.destroy();
  first.socket.destroy();
  await expect.poll(third.hasTurn).toBe(true);
});
