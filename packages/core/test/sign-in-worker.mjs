// One process of a fleet, for scenarios in which it is killed: does what it is told, and says what came of it. It has an app
// with connections of its own for each of the `urls` of Redis, so that one can be stopped at a step while the others go on.
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
  connect: (mcp, { userId, serverUrl }) => mcp.connect(userId, { serverUrl }),
  start: (mcp, session) => mcp.authorization.start(session),
  finish: (mcp, { userId, query, nonce }) =>
    mcp.authorization.finish({ userId, params: new URLSearchParams(query), nonceOf: () => nonce }),
  forget: (mcp, session) => mcp.forget(session),
  reencrypt: (mcp) => mcp.reencrypt(),
  call: async (mcp, { userId, sessionId, text }) => {
    const client = mcp.client({ userId, sessionId });
    try {
      return await client.callTool("echo", { text });
    } finally {
      await client.close();
    }
  },
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
