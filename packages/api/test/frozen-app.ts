import { request } from "node:http";
import { text } from "node:stream/consumers";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { type App, type AppOptions, startApp } from "./app.js";

export interface FrozenApp {
  /** Where it is asked; its own base URL, too, unless another one is given. */
  origin: string;
  /** Stops its process, also in the middle of a request. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/**
 * An app as a serverless platform runs it: its process stands still but for the requests that it is asked. A gateway
 * wakes it for each one, and stops it the moment that the answer has arrived, before it passes that on.
 */
export async function startFrozenApp({ baseUrl, ...options }: AppOptions): Promise<FrozenApp> {
  let app: App | undefined;
  let asked = 0;
  const signal = (name: "SIGSTOP" | "SIGCONT") => {
    if (app) process.kill(app.pid, name);
  };
  const freeze = () => signal("SIGSTOP");
  const thaw = () => signal("SIGCONT");
  const gateway = await startLoopbackServer((incoming, outgoing) => {
    asked += 1;
    thaw();
    const { method = "GET", url = "/", headers } = incoming;
    // A connection for each request alone: those of a platform do not grow old while the process stands still.
    const asking = request(new URL(url, app?.origin), { method, headers, agent: false }, (response) => {
      const answer = async () => {
        const body = await text(response);
        asked -= 1;
        if (asked === 0) freeze();
        outgoing.writeHead(response.statusCode ?? 502, response.headers).end(body);
      };
      answer().catch(() => outgoing.destroy());
    });
    asking.on("error", () => outgoing.destroy());
    incoming.pipe(asking);
  });
  app = await startApp({ ...options, baseUrl: baseUrl ?? gateway.origin }).catch(async (error: unknown) => {
    await gateway.close();
    throw error;
  });
  freeze();
  const { stop } = app;
  return {
    origin: gateway.origin,
    freeze,
    thaw,
    stop: async () => {
      thaw();
      await Promise.all([gateway.close(), stop()]);
    },
  };
}
