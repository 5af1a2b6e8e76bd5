// A second process of an app: opens the same Redis, makes a client from nothing but the ids, calls once, and prints the
// outcome.
import { createMcp, MCPClient } from "../dist/index.js";

const { REDIS_URL, ENCRYPTION_KEYS, ALLOW_HOST, USER_ID, SESSION_ID } = process.env;
const mcp = createMcp({
  storage: REDIS_URL,
  encryptionKeys: ENCRYPTION_KEYS,
  baseUrl: "http://127.0.0.1:9",
  outbound: { allowHosts: [ALLOW_HOST] },
});
const client = new MCPClient({ userId: USER_ID, sessionId: SESSION_ID });
const outcome = await client.callTool("add", { a: 20, b: 22 }).catch(({ code }) => ({ code }));
await client.close();
await mcp.close();
console.log(JSON.stringify(outcome));
