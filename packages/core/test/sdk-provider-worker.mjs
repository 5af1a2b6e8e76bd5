// One process of a fleet of a host's own: four transports of the official SDKs on one session, two of each version.
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { createMcp, RedisOAuthClientProvider } from "../dist/index.js";

const { url, encryptionKeys, session, serverUrl, hosts } = JSON.parse(process.argv[2]);
const mcp = createMcp({
  storage: url,
  baseUrl: "http://127.0.0.1:9",
  encryptionKeys,
  outbound: { allowHosts: hosts },
  logger: null,
});
const info = { name: "a host's own client", version: "1.0.0" };
const redirects = [];
const kinds = [
  [ClientV1, TransportV1],
  [ClientV2, TransportV2],
];

const members = [0, 1, 2, 3].map((index) => {
  const [Client, Transport] = kinds[index % 2];
  const p = new RedisOAuthClientProvider({ ...session, mcp, onRedirect: (url) => void redirects.push(url) });
  const transport = () => new Transport(new URL(serverUrl), { authProvider: p, fetch: p.fetch });
  return { transport, client: new Client(info), connect: (client) => client.connect(transport()) };
});

const outcomeOf = (work) =>
  work.then(
    (result) => (result?.content ? result.content[0].text : "done"),
    (error) => error.code ?? error.constructor.name,
  );

const tasks = {
  /** The first request of a user who has not signed in: the last transport is one of v2. */
  signIn: async () => [await outcomeOf(members[3].connect(new ClientV2(info)))],
  /** The callback, in another process than the one that sent the user away. */
  finish: async (query) => [await outcomeOf(members[3].transport().finishAuth(new URLSearchParams(query)))],
  connect: () => Promise.all(members.map(({ connect, client }) => outcomeOf(connect(client)))),
  call: () =>
    Promise.all(
      members.map(({ client }) => outcomeOf(client.callTool({ name: "echo", arguments: { text: "hello" } }))),
    ),
};

process.on("message", async ({ task, input }) => {
  const outcomes = await tasks[task](input);
  process.send({ outcomes, redirects });
});
process.on("disconnect", () => process.exit());
process.send("ready");
