import { request } from "node:http";
import { text } from "node:stream/consumers";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { type App, type AppOptions, startApp } from "./app.js";

export interface FrozenApp {
  /** The gateway's address. It is also the app's base URL unless another one is given. */
  origin: string;
  /** Stops its process, even in the middle of a request. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/**
 * An app as a serverless platform runs it: its process is frozen except while it answers a request. A gateway wakes it
 * for each request, and freezes it as soon as the answer has arrived, before passing the answer on.
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
    // Each request has its own connection: a platform's connections do not age while the process is frozen.
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
