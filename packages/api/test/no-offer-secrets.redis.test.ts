import { randomUUID } from "node:crypto";
import type { StreamedEvent } from "@mcp-assistant/core";
import { eventually } from "@mcp-assistant/testing/eventually";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { openApp } from "./in-process.js";
import { dump, openSpans } from "./secret-places.js";
import { type Channel, findSecrets } from "./secret-search.js";
import { startTalkingServer } from "./talking-server.js";

/** What is private, by name: its text is the same wherever it is asked for. */
function privateWords() {
  const secrets = new Map<string, string>();
  const words = (name: string) => {
    const known = secrets.get(name) ?? `${name.replaceAll(" ", "-")}-${randomUUID()}`;
    secrets.set(name, known);
    return known;
  };
  return { secrets, words };
}

async function start(words: (name: string) => string, followed: string) {
  const [server, ownRedis] = await Promise.all([startTalkingServer(words, followed), startRedis()]);
  onTestFinished(() => ownRedis.stop());
  const [redis, subscriber] = [new Redis(ownRedis.url), new Redis(ownRedis.url)];
  onTestFinished(() => [redis, subscriber].forEach((each) => void each.disconnect()));
  const [logged, published, streamed]: [unknown[], string[], StreamedEvent[]] = [[], [], []];
  subscriber.on("pmessage", (_pattern, channel, message) => published.push(channel, message));
  await subscriber.psubscribe("*");
  const app = openApp({
    ...{ storage: ownRedis.url, outbound: { allowHosts: [server.host] } },
    logger: (event) => logged.push(event),
  });
  onTestFinished(async () => {
    await app.mcp.close();
    await server.close();
  });
  const listen = async (userId: string, into: StreamedEvent[]) => {
    const stream = await app.mcp.forUser(userId).subscribe();
    onTestFinished(async () => void (await stream.return?.()));
    void (async () => {
      for await (const event of stream) into.push(event);
    })();
  };
  return { server, redis, app, logged, published, streamed, listen };
}

test("what a server offers, and what it is asked, is nowhere but in its answers; a followed URI is in its events", {
  timeout: 60_000,
}, async () => {
  const { secrets, words } = privateWords();
  const [user, stranger] = [`ada-${randomUUID()}`, `bob-${randomUUID()}`];
  const followed = `x:${words("followed URI")}`;
  const { server, redis, app, logged, published, streamed, listen } = await start(words, followed);
  const spans = openSpans();
  const strangers: StreamedEvent[] = [];
  await Promise.all([listen(user, streamed), listen(stranger, strangers)]);
  const ada = app.mcp.forUser(user);
  const { sessionId } = await ada.connect({ serverUrl: server.url });

  const ask = (path: string, input: object) => app.call(user, path, { sessionId, ...input }, { own: true });
  const ref = { type: "ref/prompt", name: "a" };
  const asked: [name: string, answer: string | null][] = [
    ["instructions", await ada.instructions(sessionId)],
    ["resource", await ask("resources.read", { uri: `x:${words("URI")}` })],
    ["prompt message", await ask("prompts.get", { name: "a", arguments: { a: words("prompt argument") } })],
    ["proposal", await ask("completions.complete", { ref, argument: { name: "a", value: words("typed value") } })],
    ["tool result", await ask("tools.call", { name: "work", arguments: { a: words("argument") }, callId: "call" })],
  ];
  for (const [name, answer] of asked) expect(answer, name).toContain(words(name));
  const heard: unknown[] = [];
  await ada.callTool(sessionId, "work", {}, { onLog: (message) => heard.push(message) });
  expect(JSON.stringify(heard)).toContain(words("log message"));
  expect(await ask("resources.subscribe", { uri: followed })).toContain("result");
  await eventually(() => streamed.some(({ event }) => event.type === "resource_updated"), { timeout: 20_000 });
  await ask("resources.read", { uri: "none" });
  const stored = await dump(redis);

  const has = (name: string, text: string, proof: string): Channel => {
    expect(text.includes(proof), `${name} has ${proof}`).toBe(true);
    return { name, text };
  };
  const nowhere: Channel[] = [
    has("the log", JSON.stringify(logged), "CONNECTED"),
    has("the spans", spans.text(), "resources/read"),
    has("the stranger's events", JSON.stringify(strangers), "reset"),
    ...app.answers,
  ];
  const [events, channels] = [
    has("the events", JSON.stringify(streamed), followed),
    has("the channels of Redis", JSON.stringify(published), followed),
  ];
  const keys = has("Redis", stored.map(({ text }) => text).join("\n"), followed);
  expect(secrets.size).toBe(12);
  expect(findSecrets(secrets, nowhere)).toEqual([]);
  const without = (...names: string[]) => new Map([...secrets].filter(([name]) => !names.includes(name)));
  // Redis passes progress on, and has it in no key.
  expect(findSecrets(without("followed URI", "progress"), [events, channels])).toEqual([]);
  expect(findSecrets(without("followed URI"), [keys])).toEqual([]);
  expect(events.text).toContain(words("progress"));
});
