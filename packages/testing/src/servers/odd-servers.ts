import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
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

/**
 * An address where nothing listens. Its port is that of an outgoing connection of this process, because the system gives
 * one that is free to the next program that asks.
 */
export async function refusingOrigin(): Promise<{ origin: string; host: string }> {
  const listener = createServer().listen(0, "127.0.0.1").unref();
  await once(listener, "listening");
  const accepted = once(listener, "connection");
  const outgoing = connect((listener.address() as AddressInfo).port, "127.0.0.1").unref();
  const [[incoming]] = (await Promise.all([accepted, once(outgoing, "connect")])) as [[Socket], unknown];
  incoming.unref();
  const host = `127.0.0.1:${outgoing.localPort}`;
  return { origin: `http://${host}`, host };
}
