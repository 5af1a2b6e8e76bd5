import { fileURLToPath } from "node:url";
import type { Limits } from "@mcp-assistant/core";
import type { McpConnectionEvent } from "@mcp-assistant/protocol";
import { eventually } from "@mcp-assistant/testing/eventually";
import { freePort } from "@mcp-assistant/testkit/ports";
import { type StartedProcess, startProcess } from "@mcp-assistant/testkit/processes";
import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { EventSource } from "eventsource";
import type { McpAppRouter } from "../src/index.js";

/** The keys that the processes of a test fleet share. */
export const encryptionKeys = `k1:${Buffer.alloc(32, "a key of the tests").toString("base64")}`;

export interface App extends StartedProcess {
  origin: string;
}

export interface AppOptions {
  storage: string;
  allowHosts: readonly string[];
  /** Default: its own origin. */
  baseUrl?: string;
  /** Seconds. */
  attemptTtl?: number;
  /** Writes its log to stdout. */
  log?: boolean;
  limits?: Partial<Limits>;
}

/** Starts a process that serves the handler. It ends when this process ends. */
export async function startApp({
  storage,
  allowHosts,
  baseUrl,
  attemptTtl = 600,
  log = false,
  limits = {},
}: AppOptions): Promise<App> {
  const app = await startProcess({
    command: process.execPath,
    args: [fileURLToPath(new URL("./app-process.mjs", import.meta.url))],
    env: {
      STORAGE: storage,
      ENCRYPTION_KEYS: encryptionKeys,
      BASE_URL: baseUrl,
      PORT: String(await freePort()),
      ALLOW_HOSTS: allowHosts.join(","),
      ATTEMPT_TTL: String(attemptTtl),
      LOG: log ? "yes" : "",
      LIMITS: JSON.stringify(limits),
    },
    readyLine: /^http:/,
  });
  return { ...app, origin: app.line };
}

/** The procedures of an app, called by a user's non-browser client. */
export function clientOf(origin: string, user: string) {
  const url = `${origin}/api/mcp/trpc`;
  const headers = { authorization: `Bearer ${user}` };
  return createTRPCClient<McpAppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === "subscription",
        true: httpSubscriptionLink({
          url,
          EventSource,
          eventSourceOptions: () => ({
            fetch: (input: string | URL, init: RequestInit) =>
              fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
          }),
        }),
        false: httpLink({ url, headers }),
      }),
    ],
  }).mcp;
}

/** A user's open event stream. */
export function follow(origin: string, user: string) {
  const seen: McpConnectionEvent[] = [];
  const subscription = clientOf(origin, user).events.subscribe.subscribe(undefined, {
    onData: ({ data }) => {
      seen.push(data);
    },
  });
  return {
    seen,
    /** The first event that the condition accepts, including events already received. */
    until: (accepts: (event: McpConnectionEvent) => boolean, timeout = 10_000) =>
      eventually(() => seen.find(accepts), { timeout }),
    stop: () => subscription.unsubscribe(),
  };
}

/** Opens a sign-in without a browser: visits our start page and returns its redirect and its cookie. */
export async function openSignIn(authUrl: string, user: string) {
  const response = await fetch(authUrl, { redirect: "manual", headers: { cookie: `user=${user}` } });
  const [attempt = ""] = (response.headers.get("set-cookie") ?? "").split(";");
  return { response, cookie: `user=${user}; ${attempt}`, location: response.headers.get("location") ?? "" };
}

/** Follows the redirect back to us to the last page. */
export async function returnFrom(callbackUrl: string | URL, cookie: string) {
  const callback = await fetch(callbackUrl, { redirect: "manual", headers: { cookie } });
  const location = callback.headers.get("location") ?? "";
  const result = await fetch(location, { headers: { cookie } });
  return { callback, location, text: await result.text() };
}
