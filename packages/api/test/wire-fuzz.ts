import { connect } from "node:net";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { type FuzzSizes, garbledText, holdsForAll, mutatedText } from "@mcp-assistant/testing/fuzz";
import type {} from "@mcp-assistant/testkit/provided-context";
import fc from "fast-check";
import { expect, inject, test } from "vitest";
import { clientOf, startApp } from "./app.js";
import { innards } from "./fuzzed-app.js";

/** Sends bytes over one socket. Returns all that it gets until either side closes or half a second passes. */
function exchange(port: number, sent: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let got = "";
    socket.setTimeout(500, () => socket.destroy());
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      got += chunk;
      // An event stream does not end: its beginning is enough.
      if (/^data:/m.test(got)) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(got));
    socket.end(Buffer.from(sent, "utf8"));
  });
}

/** A stranger's request as bytes, damaged in any place, or nothing but noise. */
function requests(sessionId: string, host: string): fc.Arbitrary<string> {
  const cookie = `Host: ${host}\r\nCookie: user=stranger\r\nConnection: close\r\n`;
  const body = JSON.stringify({ sessionId, name: "add", arguments: { a: 20, b: 22 } });
  const right = [
    ...["mcp.connections.list", "mcp.events.userKey,mcp.connections.list?batch=1&input={}", "mcp.events.subscribe"].map(
      (path) => `GET /api/mcp/trpc/${path} HTTP/1.1\r\n${cookie}\r\n`,
    ),
    `GET /api/mcp/auth/start?session=${sessionId} HTTP/1.1\r\n${cookie}\r\n`,
    ...["mcp.tools.call", "mcp.connections.remove", "mcp.connections.disconnect"].map(
      (path) =>
        `POST /api/mcp/trpc/${path} HTTP/1.1\r\n${cookie}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    ),
    `POST /api/mcp/trpc/mcp.connections.remove HTTP/1.1\r\n${cookie}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  ];
  return fc.oneof(
    mutatedText(fc.constantFrom(...right)),
    mutatedText(mutatedText(fc.constantFrom(...right))),
    garbledText,
  );
}

/**
 * Whatever bytes arrive, the process keeps running, reveals no internals, and leaves the owner's connection unchanged.
 */
export function wireFuzz(sizes: FuzzSizes): void {
  test(
    "whatever bytes strangers send, the process answers the next request and the owner's connection is unchanged",
    async () => {
      const modern = await startModernServer();
      const app = await startApp({ storage: inject("redisUrl"), allowHosts: modern.hosts });
      try {
        const { host, port } = new URL(app.origin);
        const owner = clientOf(app.origin, `owner-${crypto.randomUUID()}`);
        const { sessionId } = await owner.connections.connect.mutate({ serverUrl: modern.url });
        const before = await owner.connections.list.query();
        await holdsForAll(sizes, fc.array(requests(sessionId, host), { minLength: 8, maxLength: 8 }), async (sent) => {
          const answers = await Promise.all(sent.map((bytes) => exchange(Number(port), bytes)));
          for (const answer of answers) {
            if (answer !== "") expect(answer).toMatch(/^HTTP\/1\.1 (?:[1234]\d\d|501|505) /);
            expect(answer).not.toMatch(innards);
          }
          expect(await owner.connections.list.query()).toEqual(before);
        });
      } finally {
        await app.stop();
        await modern.close();
      }
    },
    sizes.timeLimit,
  );
}
