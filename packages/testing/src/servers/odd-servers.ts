import { type LoopbackServer, startLoopbackServer } from "./loopback-server.js";

/** A server that does not speak MCP: it answers everything with a web page. */
export function startWebPage(): Promise<LoopbackServer> {
  return startLoopbackServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Hello</title><h1>Hello</h1>");
  });
}

/** A server that accepts requests and never answers. */
export function startSilentServer(): Promise<LoopbackServer> {
  return startLoopbackServer(() => undefined);
}

/** A server that answers everything with the same status and no body. */
export function startStatusServer(status: number): Promise<LoopbackServer> {
  return startLoopbackServer((_request, response) => {
    response.writeHead(status).end();
  });
}

/** An address where nothing listens. */
export async function refusingOrigin(): Promise<{ origin: string; host: string }> {
  const { origin, host, close } = await startLoopbackServer(() => undefined);
  await close();
  return { origin, host };
}
