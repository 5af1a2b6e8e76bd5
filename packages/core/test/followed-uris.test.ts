import { expect, onTestFinished, test, vi } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { someUser } from "../src/samples.fixture.js";
import { startChangingLegacy, startChangingModern } from "./changing-server.js";

const soon = { timeout: 10_000 };

/** URIs of each length (UTF-16 code units) from the shortest to the longest, one of them not in ASCII. */
const uris = [
  ...[3, 100, 2_048, 2_049, 5_000, 8_192].map((length) => "x:".padEnd(length, "y")),
  "z:".padEnd(8_192, "\u{4e2d}"),
];

test.each([
  ["legacy", startChangingLegacy],
  ["modern", startChangingModern],
] as const)("what may be read may be followed, however long its URI is (%s era)", async (era, start) => {
  const server = await start();
  const mcp = appFor(server);
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: server.url });
  const stream = await user.subscribe();
  onTestFinished(async () => void (await stream.return?.()));
  const updated = new Set<string>();
  void (async () => {
    for await (const { event } of stream) if (event.type === "resource_updated") updated.add(event.uri);
  })();
  for (const uri of uris) await user.subscribeResource(sessionId, uri);
  const asked: string[] = [];
  await vi.waitFor(() => {
    asked.push(...server.takeRequests().flatMap(({ uri = "" }) => uri));
    for (const uri of uris) expect(`"${asked.join('" "')}"`.includes(`"${uri}"`), `${uri.length}`).toBe(true);
  }, soon);
  for (const uri of uris) server.updateResource(uri);
  const missing = () => uris.flatMap((uri) => (updated.has(uri) ? [] : uri.length));
  await vi.waitFor(() => expect(missing()).toEqual([]), soon);
  // The modern server tells only of what it was asked for.
  if (era === "modern") return;
  updated.clear();
  server.updateResource(`${uris.at(-1)}/part`);
  await vi.waitFor(() => expect([updated.size, updated.has(`${uris.at(-1)}`)]).toEqual([1, true]), soon);
});
