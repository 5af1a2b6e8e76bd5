import { randomUUID } from "node:crypto";
import type { StreamedEvent } from "@mcp-assistant/core";
import { eventually } from "@mcp-assistant/testing/eventually";
import { type BookkeepingServer, startBookkeepingServer } from "@mcp-assistant/testing/servers";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { startApp } from "./app.js";
import { openApp } from "./in-process.js";
import { dump, openSpans } from "./secret-places.js";
import { type Channel, findSecrets } from "./secret-search.js";

async function start() {
  const [server, ownRedis] = await Promise.all([startBookkeepingServer({ confidential: true }), startRedis()]);
  onTestFinished(() => server.close());
  onTestFinished(() => ownRedis.stop());
  const storage = ownRedis.url;
  const [redis, subscriber] = [new Redis(storage), new Redis(storage)];
  onTestFinished(() => [redis, subscriber].forEach((each) => void each.disconnect()));
  const [logged, published, streamed]: [unknown[], string[], StreamedEvent[]] = [[], [], []];
  subscriber.on("pmessage", (_pattern, channel, message) => published.push(channel, message));
  await subscriber.psubscribe("*");
  const app = openApp({ storage, outbound: { allowHosts: server.hosts }, logger: (event) => logged.push(event) });
  onTestFinished(() => app.mcp.close());
  const listen = async (userId: string) => {
    const stream = await app.mcp.forUser(userId).subscribe();
    onTestFinished(async () => void (await stream.return?.()));
    void (async () => {
      for await (const event of stream) streamed.push(event);
    })();
  };
  return { server, storage, redis, app, logged, published, streamed, listen };
}

type Running = Awaited<ReturnType<typeof start>>;

/** Takes a sign-in from the connect to the redirect back, and collects its secrets on the way. */
async function signIn({ app, server }: Running, user: string, secrets: Map<string, string>) {
  const connected = await app.call(user, "connections.connect", { serverUrl: server.url });
  const authUrl = /"authUrl":"([^"]+)"/.exec(connected)?.[1] ?? "";
  const sessionId = /"sessionId":"([^"]+)"/.exec(connected)?.[1] ?? "";
  const begun = await app.get("auth/start", authUrl, `user=${user}`);
  const [nonceCookie = ""] = begun.setCookie.split(";");
  const callback = await server.answer(begun.location);
  secrets.set(`state ${secrets.size}`, callback.searchParams.get("state") ?? "");
  secrets.set(`nonce ${secrets.size}`, nonceCookie.split("=")[1] ?? "");
  return { user, sessionId, callback, cookie: `user=${user}; ${nonceCookie}`, redirect: begun.location };
}

test("no secret of any flow is logged, published, answered, traced, put in a URL, or stored in plain text", {
  timeout: 60_000,
}, async () => {
  const running = await start();
  const { server, storage, redis, app, logged, published, streamed, listen } = running;
  const spans = openSpans();
  const secrets = new Map<string, string>();
  const errors: string[] = [];
  const [ada, bob] = [`ada-${randomUUID()}`, `bob-${randomUUID()}`];
  await Promise.all([listen(ada), listen(bob)]);
  const other = await startApp({ storage, allowHosts: server.hosts, baseUrl: "http://127.0.0.1:9", log: true });
  onTestFinished(async () => void (await other.stop()));
  const said = `argument-${randomUUID()}`;
  secrets.set("tool argument", said);
  secrets.set("tool result", `You said ${said}`);
  const dumps: Channel[] = [];

  // A sign-in, its page, and the callback a second time.
  const first = await signIn(running, ada, secrets);
  dumps.push(...(await dump(redis)));
  const back = await app.get("auth/callback", first.callback, first.cookie);
  expect((await app.get("auth/result", back.location, first.cookie)).text).toContain("Connected");
  await app.get("auth/callback again", first.callback, first.cookie);

  // A call with a refresh, in this process and in the other.
  const call = { sessionId: first.sessionId, name: "echo", arguments: { text: said } };
  server.books.expireAccessTokens();
  expect(await app.call(ada, "tools.call", call, { own: true })).toContain(said);
  dumps.push(...(await dump(redis)));
  server.books.expireAccessTokens();
  const called = await fetch(`${other.origin}/api/mcp/trpc/mcp.tools.call`, {
    method: "POST",
    headers: { authorization: `Bearer ${ada}`, "content-type": "application/json" },
    body: JSON.stringify(call),
  });
  expect(await called.text()).toContain(said);
  expect(server.count("refresh_token")).toBe(2);
  await app.call(ada, "tools.call", { ...call, name: "no_such_tool" }, { own: true });
  await app.call(ada, "tools.call", { ...call, sessionId: 7 });

  // Refused callbacks: from another user, by the authorization server, by the user.
  const second = await signIn(running, bob, secrets);
  await app.get("auth/callback of another user", second.callback, `user=${ada}`);
  server.books.refuseCode(second.callback.searchParams.get("code") ?? "");
  const refused = await app.get("auth/callback refused", second.callback, second.cookie);
  expect((await app.get("auth/result refused", refused.location, second.cookie)).text).toContain("did not complete");
  const declined = await signIn(running, bob, secrets);
  declined.callback.searchParams.set("error", "access_denied");
  declined.callback.searchParams.set("error_description", secrets.get("state 2") ?? "");
  await app.get("auth/callback declined", declined.callback, declined.cookie);

  // A refresh that fails temporarily, and one that fails for good.
  server.books.expireAccessTokens();
  const recover = server.fail((moment) => moment.at === "token asked");
  const client = app.mcp.forUser(ada).client(first.sessionId);
  onTestFinished(() => client.close());
  const failing = () => client.callTool("echo", { text: said }).catch((error: unknown) => textOf(error));
  errors.push(String(await failing()));
  recover();
  endAll(server, secrets);
  errors.push(String(await failing()));
  await app.call(ada, "tools.call", call);
  expect(errors.join()).toMatch(/SERVER_UNREACHABLE.*AUTHORIZATION_REQUIRED/s);

  // Signed in again, and signed out.
  const third = await signIn(running, ada, secrets);
  await app.get("auth/callback third", third.callback, third.cookie);
  await app.mcp.forUser(ada).signOut(third.sessionId);
  expect(server.count("revoke")).toBe(1);
  dumps.push(...(await dump(redis)));
  await app.call(bob, "connections.remove", { sessionId: second.sessionId });

  for (const [name, secret] of server.secrets) secrets.set(name, secret);
  for (const kind of [
    "access_token",
    "refresh_token",
    "code ",
    "code_verifier",
    "state",
    "nonce",
    "client secret",
    "registration",
  ]) {
    expect(
      [...secrets.keys()].some((name) => name.startsWith(kind)),
      kind,
    ).toBe(true);
  }
  for (const [name, secret] of secrets) expect(secret.length, name).toBeGreaterThan(15);
  await eventually(() => streamed.some(({ event }) => event.type === "disconnected"));

  const channels: [Channel, proof: string][] = [
    [{ name: "the log", text: JSON.stringify(logged) }, "AUTHENTICATED"],
    [{ name: "the other process", text: other.output() }, other.origin],
    [{ name: "the events", text: JSON.stringify(streamed) }, "tools_discovered"],
    [{ name: "the channels of Redis", text: JSON.stringify(published) }, "auth_required"],
    [{ name: "the errors", text: errors.join("\n") }, "AUTHORIZATION_REQUIRED"],
    [{ name: "the spans", text: spans.text() }, "mcp.refresh"],
    [{ name: "the requested URLs", text: server.urls().join("\n") }, "/token"],
    [{ name: "Redis", text: dumps.map(({ text }) => text).join("\n") }, "mcp:credentials:"],
    [{ name: "the answers", text: app.answers.map(({ text }) => text).join("\n") }, "auth/result/"],
  ];
  for (const [{ name, text }, proof] of channels) expect(text.includes(proof), `${name} has ${proof}`).toBe(true);
  expect(spans.names()).toEqual(expect.arrayContaining(["mcp.connect", "mcp.refresh", "mcp.call", "mcp.revoke"]));
  const everything = [...channels.map(([channel]) => channel), ...app.answers, ...dumps];
  expect(findSecrets(secrets, everything)).toEqual([]);

  // The redirect to the authorization server carries the state and no other secret.
  const redirects = [first, second, third].map(({ redirect }) => ({ name: "the redirect", text: redirect }));
  const inRedirects = findSecrets(secrets, redirects);
  expect(inRedirects.length).toBeGreaterThan(0);
  expect(inRedirects.filter((found) => !found.startsWith("the redirect has the state"))).toEqual([]);
  console.log("secrets:", JSON.stringify({ secrets: secrets.size, channels: everything.length }));
});

/** Everything that a caller could find in an error. */
function textOf(error: unknown): string {
  const own = error instanceof Error ? Object.getOwnPropertyNames(error).filter((name) => name !== "cause") : [];
  return `${error} ${JSON.stringify(error)} ${JSON.stringify(error, own)}`;
}

function endAll(server: BookkeepingServer, secrets: Map<string, string>): void {
  for (const [name, token] of [...server.secrets, ...secrets]) {
    if (name.startsWith("refresh_token")) server.books.endGrant(token);
  }
}
