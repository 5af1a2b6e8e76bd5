import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { eventually } from "@mcp-assistant/testing/eventually";
import { freePort } from "@mcp-assistant/testkit/ports";
import type { StartedProcess } from "@mcp-assistant/testkit/processes";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

type Notes = Awaited<ReturnType<typeof startOauthServer>>;

interface NextProcess extends StartedProcess {
  url: string;
}

async function textOf(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  const text = await response.text();
  expect(response.status, text).toBeLessThan(400);
  return text;
}

/** The connections that the server component lists, one line each. */
async function pageLists(app: NextProcess): Promise<string[]> {
  const html = await textOf(fetch(app.url));
  return [...html.matchAll(/<li>([^<]+)<\/li>/g)].map(([, line = ""]) => line).sort();
}

/** The connections that the route handler lists, in the same form. */
async function handlerLists(app: NextProcess): Promise<string[]> {
  const { result } = JSON.parse(await textOf(fetch(`${app.url}/api/mcp/trpc/mcp.connections.list`)));
  return result.data.map(({ serverId, state }: Record<string, string>) => `${serverId} ${state}`).sort();
}

/** Runs the server action the way the page's form does in a browser without JavaScript. */
async function runAction(app: NextProcess, fields: Record<string, string>): Promise<void> {
  const html = await textOf(fetch(app.url));
  const action = /name="(\$ACTION_ID_\w+)"/.exec(html)?.[1];
  if (!action) throw new Error(`The page has no action:\n${html}`);
  const body = new FormData();
  for (const [name, value] of Object.entries({ [action]: "", ...fields })) body.set(name, value);
  await textOf(fetch(app.url, { method: "POST", headers: { origin: app.url }, body }));
}

/** The event stream of the route handler, as text. */
function follow(app: NextProcess) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  let text = "";
  const read = async () => {
    const { body } = await fetch(`${app.url}/api/mcp/trpc/mcp.events.subscribe`, { signal: stop.signal });
    for await (const chunk of body ?? []) text += Buffer.from(chunk).toString();
  };
  read().catch((error: unknown) => {
    if (!stop.signal.aborted) text += String(error);
  });
  return { hears: (what: string) => eventually(() => text.includes(what), { timeout: 10_000 }) };
}

/** How many copies of the package the process has. With only one, these tests would prove nothing. */
function copiesOf(app: NextProcess): number {
  const copies = new Map([...app.output().matchAll(/^copy (\w+) (\S+)$/gm)].map(([, caller, copy]) => [caller, copy]));
  expect([...copies.keys()].sort()).toEqual(["action", "handler", "instrumentation", "page"]);
  return new Set(copies.values()).size;
}

/** The connections to a Redis, without our own: those for commands and those that listen. */
async function connectionsTo(redis: Redis): Promise<{ forCommands: number; listening: number }> {
  const own = await redis.client("ID");
  const clients = String(await redis.client("LIST"))
    .trim()
    .split("\n");
  const others = clients.filter((client) => !client.startsWith(`id=${own} `));
  const listening = others.filter((client) => / sub=[1-9]/.test(client)).length;
  return { forCommands: others.length - listening, listening };
}

/** Checks that every bundle sees what the others do. */
async function useEveryBundle(app: NextProcess, tools: { url: string }): Promise<void> {
  const stream = follow(app);
  await stream.hears('"reset"');
  await runAction(app, { serverUrl: tools.url, serverId: "by-action" });
  await stream.hears('"by-action"');
  await stream.hears('"CONNECTED"');
  await eventually(() => app.output().includes("instrumentation heard tools_discovered"));
  const input = { serverUrl: tools.url, serverId: "by-handler" };
  const connected = fetch(`${app.url}/api/mcp/trpc/mcp.connections.connect`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(input),
  });
  expect(await textOf(connected)).toContain('"CONNECTED"');
  const both = ["by-action CONNECTED", "by-handler CONNECTED"];
  expect(await pageLists(app)).toEqual(both);
  expect(await handlerLists(app)).toEqual(both);
  expect(copiesOf(app)).toBeGreaterThanOrEqual(3);
}

/** Starts ten sign-ins at one server at once, from all bundles. Returns how often the app registered there. */
async function signInTenTimes(app: NextProcess, notes: Notes): Promise<number> {
  const serverIds = Array.from({ length: 10 }, (_, index) => `notes-${index}`);
  for (const serverId of serverIds) await runAction(app, { serverUrl: notes.url, serverId });
  const { result } = JSON.parse(await textOf(fetch(`${app.url}/api/mcp/trpc/mcp.connections.list`)));
  const waiting = result.data.filter(({ state }: Record<string, string>) => state === "AUTHENTICATING");
  expect(waiting).toHaveLength(10);
  notes.resetRequests();
  await Promise.all(
    waiting.map(({ sessionId: session }: Record<"sessionId", string>, index: number) => {
      if (index % 3 === 0) return runAction(app, { session });
      const query = new URLSearchParams({ session });
      return index % 3 === 1
        ? textOf(fetch(`${app.url}/?${query}`))
        : textOf(fetch(`${app.url}/api/mcp/auth/start?${query}`, { redirect: "manual" }));
    }),
  );
  return notes.requests().filter(({ method, path }) => method === "POST" && path === "/reg").length;
}

/**
 * `start` starts an app of Next.js with the files of bundles/: a page, a server action and an instrumentation that each
 * create their own `mcp`, and a route handler with one of its own.
 */
export function bundlesContract(start: (env: Record<string, string>) => Promise<StartedProcess>): void {
  describe("a page, a route handler, a server action and the instrumentation, each with its own mcp", {
    timeout: 120_000,
  }, () => {
    let tools: Awaited<ReturnType<typeof startModernServer>>;
    let notes: Notes;

    beforeAll(async () => {
      [tools, notes] = await Promise.all([startModernServer(), startOauthServer()]);
    });
    afterAll(async () => {
      await Promise.all([tools?.close(), notes?.close()]);
    });

    async function startOn(storage: Record<string, string>): Promise<NextProcess> {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const app = await start({
        ...storage,
        PORT: String(port),
        MCP_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, "key").toString("base64")}`,
        APP_URL: url,
        MCP_ALLOW_HOSTS: [...tools.hosts, ...notes.hosts].join(),
        DEMO_USER: "ada",
        LISTEN: "1",
      });
      onTestFinished(async () => void (await app.stop()));
      // Next reports that it is ready before it has loaded the app.
      await textOf(fetch(url, { signal: AbortSignal.timeout(30_000) }));
      return { ...app, url };
    }

    test("share one Redis connection for commands, one that listens, and one registration", async () => {
      const server = await startRedis();
      onTestFinished(() => server.stop());
      const redis = new Redis(server.url);
      onTestFinished(() => redis.disconnect());
      const app = await startOn({ REDIS_URL: server.url });
      await useEveryBundle(app, tools);
      expect(await connectionsTo(redis)).toEqual({ forCommands: 1, listening: 1 });
      expect(await signInTenTimes(app, notes)).toBe(1);
      expect(await connectionsTo(redis)).toEqual({ forCommands: 1, listening: 1 });
    });

    test("share the connections in memory, and one registration", async () => {
      const app = await startOn({});
      await useEveryBundle(app, tools);
      expect(await signInTenTimes(app, notes)).toBe(1);
    });
  });
}
