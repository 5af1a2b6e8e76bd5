// One process of a fleet in which a user has an event stream open. Says what comes on it, and ends when it is told to.
import { createMcp } from "../dist/index.js";

const { url, encryptionKeys, hosts, userId } = JSON.parse(process.argv[2]);
const mcp = createMcp({
  storage: url,
  encryptionKeys,
  baseUrl: "http://127.0.0.1:9",
  outbound: { allowHosts: hosts },
  logger: null,
});
const stream = await mcp.forUser(userId).subscribe();
process.once("message", () => stream.return());
for await (const { event } of stream) process.send(event.type);
await mcp.close();
process.disconnect();
