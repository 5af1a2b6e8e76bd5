// One process of a fleet, for scenarios in which it is killed. It runs tasks and reports their outcome. For each of the
// `urls` of Redis it has an app with its own connections, so that one can be stopped at a step while the others
// continue.
import { createMcp } from "../dist/create-mcp.js";

const { urls, encryptionKeys, hosts, options } = JSON.parse(process.argv[2]);
const apps = urls.map((url, index) =>
  createMcp({
    storage: `${url}/0?connectionName=${index}`,
    encryptionKeys,
    baseUrl: "http://127.0.0.1:9",
    outbound: { allowHosts: hosts },
    limits: { connectsPerMinute: 60_000, signInsPerMinute: 60_000, callsPerMinute: 60_000, callsPerSession: 1_000 },
    ...options,
  }),
);

const tasks = {
  connect: (mcp, { userId, serverUrl }) => mcp.forUser(userId).connect({ serverUrl }),
  start: (mcp, { userId, sessionId }) => mcp.forUser(userId).authorization.start(sessionId),
  finish: (mcp, { userId, query, cameTo, nonce }) =>
    mcp.forUser(userId).authorization.finish({ params: new URLSearchParams(query), cameTo, nonceOf: () => nonce }),
  signOut: (mcp, { userId, sessionId }) => mcp.forUser(userId).signOut(sessionId),
  reencrypt: (mcp) => mcp.reencrypt(),
  call: (mcp, { userId, sessionId, text }) => mcp.forUser(userId).callTool(sessionId, "echo", { text }),
};

process.on("message", async ({ id, app, task, args }) => {
  try {
    process.send({ id, answer: await tasks[task](apps[app], args) });
  } catch (error) {
    process.send({ id, error: { code: error.code ?? error.name, reason: error.reason } });
  }
});
process.on("disconnect", () => process.exit());
process.send({ id: 0, clock: Date.now() });
