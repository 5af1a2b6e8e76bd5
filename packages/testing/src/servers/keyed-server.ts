import { request as forward } from "node:http";
import { type LoopbackServer, startLoopbackServer } from "./loopback-server.js";

export interface KeyedServer extends LoopbackServer {
  /** The header's value in each request, or undefined if it was missing. */
  readonly keys: readonly (string | undefined)[];
  /** From now on it accepts only this value. */
  change(value: string): void;
}

export interface KeyedServerOptions {
  /** The server behind it, `http://127.0.0.1:port`. */
  upstream: string;
  /** The header that lets a request through, lower case. */
  header: string;
  value: string;
}

/** A server without a sign-in: it forwards requests with its key to another server, and answers 401 to all others. */
export async function startKeyedServer({ upstream, header, ...first }: KeyedServerOptions): Promise<KeyedServer> {
  let { value } = first;
  const keys: (string | undefined)[] = [];
  const { host } = new URL(upstream);
  const server = await startLoopbackServer((request, response) => {
    const key = request.headers[header];
    keys.push(typeof key === "string" ? key : undefined);
    if (key !== value) {
      response.writeHead(401).end();
      return;
    }
    const { method, url: path = "/", headers } = request;
    const onward = forward(new URL(path, upstream), { method, headers: { ...headers, host } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  return {
    ...server,
    keys,
    change: (next) => {
      value = next;
    },
  };
}
