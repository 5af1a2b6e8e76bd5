import { Delivery } from "@mcp-assistant/core";
import { expect, test } from "vitest";
import { asDelivered } from "./delivered.js";

const chunked = { headers: { "transfer-encoding": "chunked" } };

/** An answer whose body the test writes, and whether its delivery is over. */
function open() {
  let source: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      source = controller;
    },
  });
  const delivery = new Delivery();
  const isOver = () => delivery.run(() => Delivery.current()) === undefined;
  return { response: asDelivered(new Response(body, chunked), delivery), source, isOver };
}

test.each<[string, (parts: ReturnType<typeof open>) => Promise<unknown>]>([
  [
    "has been read",
    ({ response, source }) => {
      source?.close();
      return response.text();
    },
  ],
  [
    "has failed",
    ({ response, source }) => {
      source?.error(new Error("cut"));
      return expect(response.text()).rejects.toThrow("cut");
    },
  ],
  ["has lost its reader", async ({ response }) => response.body?.cancel()],
])("the delivery of an answer is over when that %s, and not before", async (_how, finish) => {
  const parts = open();
  parts.source?.enqueue(new TextEncoder().encode("x"));
  expect(parts.isOver()).toBe(false);
  await finish(parts);
  expect(parts.isOver()).toBe(true);
});
