import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { answerConsentPage, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { eventually } from "@mcp-assistant/testing/eventually";
import { freePort } from "@mcp-assistant/testkit/ports";
import type { StartedProcess } from "@mcp-assistant/testkit/processes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** How to start an example: `env` holds all that it reads. */
export type StartExample = (env: Record<string, string>) => Promise<StartedProcess>;

const timeout = 60_000;

interface HostOptions {
  /** Where the browser reaches its handler. Default: `/api/mcp`. */
  basePath?: string;
  /** Whether it ends on SIGTERM although streams are open. Default: true. Next.js waits for them. */
  endsStreams?: boolean;
}

/** What every example must do. */
export function hostContract(name: string, start: StartExample, options: HostOptions = {}): void {
  const { basePath = "/api/mcp", endsStreams = true } = options;
  describe(name, { timeout }, () => {
    let tools: Awaited<ReturnType<typeof startModernServer>>;
    let notes: Awaited<ReturnType<typeof startOauthServer>>;
    let app: StartedProcess | undefined;
    let origin: string;

    beforeAll(async () => {
      const port = await freePort();
      origin = `http://127.0.0.1:${port}`;
      [tools, notes] = await Promise.all([startModernServer(), startOauthServer()]);
      const allowed = [...tools.hosts, ...notes.hosts].join();
      app = await start({ PORT: String(port), APP_URL: origin, MCP_ALLOW_HOSTS: allowed, DEMO_USER: "ada" });
    }, 10 * timeout); // Next.js is built first
    afterAll(async () => {
      await Promise.all([app?.stop(), tools?.close(), notes?.close()]);
    });

    const procedure = (path: string) => `${origin}${basePath}/trpc/mcp.${path}`;

    async function call(path: string, input: unknown) {
      const headers = { origin, "content-type": "application/json" };
      const answer = await fetch(procedure(path), { method: "POST", headers, body: JSON.stringify(input) });
      const text = await answer.text();
      expect(answer.status, text).toBe(200);
      return JSON.parse(text).result.data;
    }

    /** Opens a page as a browser does, also after the redirects with which Next.js adds a slash. */
    async function visit(url: string | URL, cookie = ""): Promise<Response> {
      const page = await fetch(url, { redirect: "manual", headers: { cookie } });
      const location = page.headers.get("location") ?? "";
      return page.status === 308 ? visit(new URL(location, url), cookie) : page;
    }

    function openStream(lastEventId?: string) {
      const gone = new AbortController();
      let text = "";
      const read = async () => {
        const headers = lastEventId ? { "last-event-id": lastEventId } : {};
        const { body } = await fetch(procedure("events.subscribe"), { headers, signal: gone.signal });
        for await (const chunk of body ?? []) text += Buffer.from(chunk).toString();
      };
      read().catch((error: unknown) => {
        text += String(error);
      });
      return {
        until: async (what: string) => {
          await eventually(() => text.includes(what), { timeout: 15_000 });
          return text;
        },
        cut: () => gone.abort(),
      };
    }

    test("answers a query, connects and calls a tool", async () => {
      expect(await (await fetch(procedure("connections.list"))).json()).toEqual({ result: { data: [] } });
      const { sessionId, state } = await call("connections.connect", { serverUrl: tools.url });
      expect(state).toBe("CONNECTED");
      const result = await call("tools.call", { sessionId, name: "add", arguments: { a: 40, b: 2 } });
      expect(JSON.stringify(result.content)).toContain("42");
      const refused = await fetch(procedure("connections.list"), { headers: { origin: "https://evil.example" } });
      expect(refused.status).toBe(403);
    });

    test("signs in, and returns from the authorization server to its own last page", async () => {
      const { authUrl } = await call("connections.connect", { serverUrl: notes.url, serverName: "Notes" });
      expect(authUrl).toMatch(new RegExp(`^${origin}${basePath}/auth/start\\?session=`));
      const started = await visit(authUrl);
      const [cookie = ""] = (started.headers.get("set-cookie") ?? "").split(";");
      const callback = await answerConsentPage(started.headers.get("location") ?? "");
      expect(callback.href).toMatch(new RegExp(`^${origin}${basePath}/auth/issuer/[\\w-]{43}\\?`));
      const back = await visit(callback, cookie);
      const page = await visit(back.headers.get("location") ?? "", cookie);
      expect(await page.text()).toContain("Connected to Notes");
    });

    test("resumes a stream that was cut, with what was missed and nothing twice", async () => {
      const first = openStream();
      const seen = await first.until('"reset"');
      first.cut();
      const [, lastEventId = ""] = /^id: ?(.+)$/m.exec(seen) ?? [];
      await call("connections.connect", { serverUrl: tools.url, serverId: "missed" });
      const second = openStream(lastEventId);
      expect(await second.until('"missed"')).not.toContain('"reset"');
      await call("connections.connect", { serverUrl: tools.url, serverId: "live" });
      await second.until('"live"');
      second.cut();
    });

    if (!endsStreams) return;

    test("ends on SIGTERM although a stream is open", async () => {
      if (!app) throw new Error("The app has not started");
      await openStream().until('"reset"');
      process.kill(app.pid, "SIGTERM");
      expect(await app.exited).toBe(0);
    });
  });
}
