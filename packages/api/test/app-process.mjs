// One process of a fleet, for tests: the handler of mcp-redis behind node:http. The tests' own authentication is the
// cookie `user`, or for a program the header Authorization. The process prints its origin when it listens.
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { createMcp } from "@mcp-assistant/core";
import { createMcpHandler } from "../dist/index.js";

const { STORAGE: storage, BASE_URL: baseUrl, PORT = "0", ALLOW_HOSTS = "", ATTEMPT_TTL = "600" } = process.env;

const mcp = createMcp({
  storage,
  encryptionKeys: process.env.ENCRYPTION_KEYS,
  baseUrl: baseUrl ?? `http://127.0.0.1:${PORT}`,
  client: { name: "Test app" },
  outbound: { allowHosts: ALLOW_HOSTS.split(",").filter(Boolean) },
  attemptTtl: Number(ATTEMPT_TTL),
  limits: JSON.parse(process.env.LIMITS ?? "{}"),
  ...(process.env.LOG ? { logger: (event) => console.log(JSON.stringify(event)) } : {}),
});

const userOf = ({ headers }) => {
  const [, user] = /(?:^|; )user=([^;]+)/.exec(headers.get("cookie") ?? "") ?? [];
  return user ?? /^Bearer (\S+)$/.exec(headers.get("authorization") ?? "")?.[1] ?? null;
};

const handler = createMcpHandler({ mcp, userId: userOf });

/** Undefined if this is not a valid web request, such as one with a user name in its Host header: it gets a 400. */
function toRequest(incoming, signal) {
  const body = incoming.method === "POST" ? { body: Readable.toWeb(incoming), duplex: "half" } : {};
  try {
    return new Request(`http://${incoming.headers.host}${incoming.url}`, {
      method: incoming.method,
      headers: Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
      signal,
      ...body,
    });
  } catch {
    return undefined;
  }
}

const server = createServer(async (incoming, outgoing) => {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  const handle = handler[incoming.method];
  const request = handle && toRequest(incoming, gone.signal);
  if (!request) return void outgoing.writeHead(handle ? 400 : 405).end();
  const response = await handle(request);
  outgoing.writeHead(response.status, [...response.headers].flat());
  if (response.body)
    Readable.fromWeb(response.body)
      .on("error", () => outgoing.destroy())
      .pipe(outgoing);
  else outgoing.end();
});

server.listen(Number(PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
