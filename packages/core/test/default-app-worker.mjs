// A process of an app that has nothing but its environment: it makes a client, does one thing with it, and prints the
// outcome and every address that the client redirected to.
import { defaultMcp, MCPClient, sessionStore } from "../dist/index.js";

const { OPTIONS = "{}", ACTION = "", ARGUMENT = "" } = process.env;
const redirects = [];
const options = JSON.parse(OPTIONS);
const client = new MCPClient({
  ...options,
  ...(options.serverUrl ? { onRedirect: (authUrl) => void redirects.push(authUrl) } : {}),
});

const actions = {
  "only make it": async () => sessionStore.generateSessionId().length,
  connect: () => client.connect(),
  "connect and call": async () => {
    await client.connect();
    return client.callTool("add", { a: 20, b: 22 });
  },
  call: () => client.callTool(ARGUMENT || "add", { a: 20, b: 22, query: "" }),
  finishAuth: () => client.finishAuth(ARGUMENT),
  list: () => sessionStore.list(options.userId),
};

const outcome = await actions[ACTION]().then(
  (result = null) => ({ result }),
  ({ code, message, hint, authUrl }) => ({ error: { code, message, hint, authUrl } }),
);
console.log(JSON.stringify({ ...outcome, redirects, sessionId: client.sessionId }));
await client.close();
if (ACTION !== "only make it" && outcome.error?.code !== "CONFIGURATION_INVALID") await defaultMcp().close();
