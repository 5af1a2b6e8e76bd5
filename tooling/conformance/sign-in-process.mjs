// The app's other process. It serves the sign-in pages, so that every sign-in finishes in a different process from the
// one that started it. The cookie `user` says whose app it is. Prints a line when it listens.
import { createServer } from "node:http";
import { createMcpHandler } from "@mcp-assistant/mcp-redis/server";
import { openApp } from "./app.mjs";

const { hostname, port } = new URL(process.env.CONFORMANCE_BASE_URL ?? "");

const handlers = new Map();

function handlerOf(user) {
  const handler = handlers.get(user) ?? createMcpHandler({ mcp: openApp(user), userId: () => user });
  handlers.set(user, handler);
  return handler;
}

const server = createServer(async ({ method, url, headers }, response) => {
  const user = /(?:^|; )user=([\w-]+)/.exec(headers.cookie ?? "")?.[1];
  if (method !== "GET" || !user) {
    response.writeHead(401).end();
    return;
  }
  const names = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  const answer = await handlerOf(user).GET(new Request(`http://${headers.host}${url}`, { headers: names }));
  response.writeHead(answer.status, [...answer.headers].flat());
  response.end(await answer.text());
});

server.listen(Number(port), hostname, () => console.log("ready"));
