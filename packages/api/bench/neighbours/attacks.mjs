// What users within all limits do to others. Each attack has the server that they run, what they prepare, and what
// their loops ask of the app while that server lies. `outcome` must be among the answers, or the attack was none.
import { startHostileAuthorizationServer, startHostileMcpServer } from "@mcp-assistant/testing/servers";
import {
  ambiguous,
  costlyResult,
  costlyTools,
  deepEvent,
  digits,
  largeTools,
  listWith,
  noise,
  reply,
  resultWith,
} from "./large-answers.mjs";
import { missEvents, openStream } from "./missed-events.mjs";
import { replaceClient } from "./replaced-client.mjs";

const mebi = 1_048_576;
const maxConnections = 50;
const callsPerConnection = 8;

const startServer = () => startHostileMcpServer();
const prepare = (visitor, { url }) => visitor.connect({ serverUrl: url });

/** Connections as many as a user may have. */
const connectAll = async (visitor, { url }, more = {}) => {
  const connections = [];
  for (let at = 0; at < maxConnections; at += 1)
    connections.push(await visitor.connect({ serverUrl: url, serverId: `server-${at}`, ...more }));
  return connections;
};

/** Calls of a tool, one after the other in each loop. */
const calls = (answer, more = {}) => ({
  startServer,
  prepare,
  lies: { answers: { "tools/call": answer } },
  strike: (visitor, { sessionId }) => visitor.call(sessionId),
  loops: 1,
  outcome: "LIMIT_EXCEEDED",
  ...more,
});

/** Calls of a tool that there is not, so that the tools are listed again. */
const lists = (lies, more = {}) => ({
  ...calls(undefined, { lies, ...more }),
  strike: (visitor, { sessionId }) => visitor.call(sessionId, "missing"),
});

/** One request with many calls of a tRPC procedure. */
const batch = (procedure, input) => {
  const inputs = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [at, input]));
  return [`trpc/${Array.from({ length: 20 }, () => procedure).join()}?batch=1`, inputs];
};

const flood = (of) => calls({ kind: "wire", of }, { loops: callsPerConnection });

/** Attacks on the event loop itself: its longest delay counts too. */
const stalling = { stalls: true };

/** As many calls as a user has in a minute, in so many loops. Each result is checked against another schema. */
const costlySchemas = (loops) => ({
  ...calls(undefined, stalling),
  prepare: (visitor, server) => {
    server.lie({ tools: costlyTools });
    return prepare(visitor, server);
  },
  lies: { tools: costlyTools, result: costlyResult },
  strike: (visitor, { sessionId }, { at, round }) => visitor.call(sessionId, `costly-${round * loops + at}`),
  loops,
  everyMs: loops * 100,
  outcome: "answered",
});

export const attacks = {
  "a stream behind a byte 0xA0 in its content type": calls(reply("\u00a0text/event-stream", ambiguous), {
    outcome: "SERVER_ERROR",
  }),
  "20 000 levels behind letters like a byte order mark": calls(
    reply("text/event-stream", `\u00ef\u00bb\u00bf${deepEvent}`),
    { outcome: "SERVER_ERROR" },
  ),
  "batches of 20 tool lists of 4 MiB": {
    ...calls(undefined, stalling),
    lies: {},
    prepare: (visitor, server) => {
      server.lie({ tools: largeTools() });
      return prepare(visitor, server);
    },
    strike: (visitor, { sessionId }) => {
      const [path, inputs] = batch("mcp.tools.list", { sessionId });
      return visitor.ask(`${path}&input=${encodeURIComponent(JSON.stringify(inputs))}`);
    },
    outcome: "answered",
  },
  "lists of 50 connections with long headers": {
    ...calls(undefined, stalling),
    lies: {},
    prepare: (visitor, server) =>
      connectAll(visitor, server, {
        headers: Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`x-${at}`, noise(800)])),
      }),
    strike: (visitor) => visitor.ask("connections"),
    loops: 20,
    outcome: "answered",
  },
  "streams that missed all events of the log": {
    ...calls(undefined, stalling),
    lies: {},
    prepare: async (visitor, server) => {
      server.lie({ tools: Array.from({ length: 40 }, (_, at) => ({ name: `${at}-${"x".repeat(120)}` })) });
      return missEvents(visitor, () => connectAll(visitor, { url: `${server.url}?${"x".repeat(1_900)}` }));
    },
    strike: openStream,
    loops: 10,
    outcome: "answered",
  },
  "a new tool list of 4 MiB at each call": lists(
    {
      get tools() {
        return largeTools();
      },
    },
    { outcome: "TOOL_NOT_FOUND" },
  ),
  "400 answers of 4 MiB at once": {
    ...calls({ kind: "flood", as: "endless", bytes: 3.75 * mebi }, stalling),
    prepare: (visitor, server) => connectAll(visitor, server),
    strike: (visitor, connections, { at }) => visitor.call(connections[at % maxConnections].sessionId),
    loops: maxConnections * callsPerConnection,
  },
  "informational answers, without end": flood("informational answers"),
  "trailers, without end": flood("trailers"),
  "results in 1-byte chunks": calls({ kind: "crumbs", bytes: 2_000_000, each: 1 }, { loops: callsPerConnection }),
  "schemas that take long to check, one at a time": costlySchemas(1),
  "schemas that take long to check, 8 at a time": costlySchemas(callsPerConnection),
  "results of two million members": calls(resultWith(digits(4_000_000)), stalling),
  "tool lists of two million members": lists({ answers: { "tools/list": listWith(digits(4_000_000)) } }, stalling),
  "results of as many members as allowed": calls(resultWith(digits(199_000)), { ...stalling, outcome: "answered" }),
  "callbacks that refuse the shared client": {
    startServer: () => startHostileAuthorizationServer(),
    prepare,
    lies: {},
    strike: replaceClient,
    loops: 1,
    outcome: "refused",
    count: {
      what: "registrations",
      limit: 2,
      unit: "clients",
      of: (server) => server.requests().filter(({ endpoint }) => endpoint === "registration").length,
    },
  },
  "1 000 connects to a server that does not answer": {
    startServer,
    prepare: (_visitor, { url }) => url,
    lies: { answers: { "server/discover": { kind: "stall" }, initialize: { kind: "stall" } } },
    strike: (visitor, serverUrl) => visitor.ask(...batch("mcp.connections.connect", { serverUrl })),
    loops: 50,
    outcome: "under way",
  },
};
