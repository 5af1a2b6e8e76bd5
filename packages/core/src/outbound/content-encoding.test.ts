import { randomBytes } from "node:crypto";
import { PassThrough } from "node:stream";
import { createGunzip, gzipSync } from "node:zlib";
import { eventually } from "@mcp-assistant/testing/eventually";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { fetchFrom } from "../samples.fixture.js";
import { decoded } from "./content-encoding.js";

const text = randomBytes(100_000).toString("hex");

test("small chunks go to the decoder together, not one by one", async () => {
  const writes: number[] = [];
  const { prototype } = createGunzip().constructor as unknown as { prototype: NodeJS.WritableStream };
  const { write } = prototype;
  onTestFinished(() => {
    prototype.write = write;
  });
  prototype.write = function (this: NodeJS.WritableStream, ...given: unknown[]) {
    writes.push((given[0] as Buffer).length);
    return Reflect.apply(write, this, given);
  };
  const body = new PassThrough({ highWaterMark: 1_000_000 });
  const packed = gzipSync(text);
  for (let at = 0; at < packed.length; at += 40) body.write(packed.subarray(at, at + 40));
  body.end();
  let read = "";
  for await (const chunk of decoded(body, "gzip")) read += chunk;
  expect(read).toBe(text);
  expect(writes.length).toBeLessThan(20);
});

test("a compressed answer in small chunks, with trailers, arrives in full", async () => {
  const packed = gzipSync(text);
  const server = await startLoopbackServer((_request, response) => {
    response.writeHead(200, { "content-encoding": "gzip", trailer: "x-trailer" });
    for (let at = 0; at < packed.length; at += 40) response.write(packed.subarray(at, at + 40));
    response.addTrailers({ "x-trailer": "y" });
    response.end();
  });
  onTestFinished(server.close);
  expect(await (await fetchFrom([server.host])(server.origin)).text()).toBe(text);
});

test("what follows the end of compressed data is not read, and its connection is closed", async () => {
  let open = 0;
  const server = await startLoopbackServer((_request, response) => {
    open += 1;
    response.on("close", () => {
      open -= 1;
    });
    response.writeHead(200, { "content-encoding": "gzip" });
    response.write(gzipSync(text));
    response.write(Buffer.alloc(4_000_000));
  });
  onTestFinished(server.close);
  expect(await (await fetchFrom([server.host])(server.origin)).text()).toBe(text);
  await eventually(() => open === 0);
});
