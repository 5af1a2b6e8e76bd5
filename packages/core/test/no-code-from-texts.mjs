// An app in a process that was started with --disallow-code-generation-from-strings: connects to SERVER_URL, calls a
// tool whose answer is checked against a schema, and prints the outcome and which modules it has loaded that start
// programs.
import { createMcp } from "../dist/index.js";

const canMakeCode = () => {
  try {
    // biome-ignore lint/security/noGlobalEval: the proof that this process refuses it
    return globalThis.eval("1") === 1;
  } catch {
    return false;
  }
};

const mcp = createMcp({
  storage: "memory",
  baseUrl: "http://127.0.0.1:9",
  outbound: { allowHosts: [process.env.ALLOW_HOST] },
});
const { sessionId, state } = await mcp.forUser("ada").connect({ serverUrl: process.env.SERVER_URL });
const client = mcp.forUser("ada").client(sessionId);
const result = await client.callTool("add", { a: 20, b: 22 });
await client.close();
const refused = await mcp
  .forUser("ada")
  .connect({ serverUrl: 7 })
  .catch(({ code }) => code);
const startsPrograms = process.moduleLoadList.filter((name) => /^NativeModule (?:child_process|cluster)$/.test(name));
console.log(JSON.stringify({ canMakeCode: canMakeCode(), state, result, refused, startsPrograms }));
await mcp.close();
