// One process of a fleet: calls with nothing but the ids, many calls at once, and reports how many answers were not its
// own, and why.
import { createMcp } from "../dist/index.js";

const { url, encryptionKeys, hosts, userId, sessionId, calls, atOnce, name } = JSON.parse(process.argv[2]);
const mcp = createMcp({
  storage: url,
  encryptionKeys,
  baseUrl: "http://127.0.0.1:9",
  outbound: { allowHosts: hosts },
  limits: { callsPerMinute: 60_000 },
});
const user = mcp.forUser(userId);
let [begun, wrong] = [0, 0];
const codes = new Set();
const caller = async () => {
  while (begun < calls) {
    const text = `${name} ${begun++}`;
    const answer = await user
      .callTool(sessionId, "echo", { text, ms: 3 })
      .catch(({ code, message }) => ({ code, message }));
    if (answer.structuredContent?.text !== text) wrong += 1;
    if (answer.code) codes.add(`${answer.code}: ${answer.message}`);
  }
};
process.once("message", async () => {
  await Promise.all(Array.from({ length: atOnce }, caller));
  process.send({ wrong, codes: [...codes] });
  await mcp.close();
  process.disconnect();
});
process.send("ready");
