import type { Redis } from "ioredis";
import { z } from "zod";
import { ConfigurationError } from "./errors.js";
import type { Logger } from "./logger.js";

export interface Limits {
  /** ms for the handshake with a server, at most 15 000. */
  connectTimeout: number;
  /** ms for all pages of a tool list, at most 15 000. */
  listTimeout: number;
  /** ms for a tool call. */
  requestTimeout: number;
}

export interface McpOptions {
  /**
   * Where connections are kept: a redis:// or rediss:// URL, your own ioredis connection (which you close), or
   * `"memory"`: in this process, gone when it ends. There is no default, so that nobody loses connections by accident.
   */
  storage?: string | Redis | undefined;
  /** The app's own address, without a path. The OAuth callback is `{baseUrl}/api/mcp/auth/callback`. */
  baseUrl?: string | undefined;
  /** How the app introduces itself to servers and on consent pages. */
  client?: { name: string; version?: string };
  /** `host:port` pairs that may be dialled although they are not public addresses. */
  outbound?: { allowHosts?: readonly string[] };
  /** Seconds that an unused connection and its sign-in are kept. Every use renews them. 43 200 (12 h) by default. */
  sessionTtl?: number;
  /** Seconds that a sign-in may take. 600 by default, which is also the most. */
  attemptTtl?: number;
  limits?: Partial<Limits>;
  /** Called with what an operator may want to know. Silent by default. */
  logger?: Logger;
}

/** The longest that each may be, ms: a step of connecting must end before its lease does, and a timer has its bounds. */
const longest: Limits = { connectTimeout: 15_000, listTimeout: 15_000, requestTimeout: 2 ** 31 - 1 };

const defaultLimits: Limits = { connectTimeout: 10_000, listTimeout: 15_000, requestTimeout: 60_000 };

const seconds = (option: string, value: number, most: number) => {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw wrong(`${option} is ${value}`, `Give a whole number of seconds from 1 to ${most}.`);
};

/** Options with their defaults. Throws a {@link ConfigurationError} for a value that cannot work. */
export function resolveOptions(options: McpOptions) {
  const { client, outbound, limits, logger } = options;
  return {
    client: { name: client?.name ?? "mcp-redis", version: client?.version ?? "0.1.0" },
    allowHosts: (outbound?.allowHosts ?? []).map(checkHost),
    sessionTtl: seconds("sessionTtl", options.sessionTtl ?? 43_200, 31_536_000),
    attemptTtl: seconds("attemptTtl", options.attemptTtl ?? 600, 600),
    limits: checkLimits({ ...defaultLimits, ...limits }),
    logger: logger ?? (() => undefined),
  };
}

function checkLimits(limits: Limits): Limits {
  for (const name of ["connectTimeout", "listTimeout", "requestTimeout"] as const) {
    const ms = limits[name];
    if (!Number.isInteger(ms) || ms < 1 || ms > longest[name]) {
      throw wrong(`limits.${name} is ${ms}`, `Give a whole number of milliseconds from 1 to ${longest[name]}.`);
    }
  }
  return limits;
}

/** The storage, which a build may leave out and a request may not. */
export function requireStorage(storage: McpOptions["storage"]): string | Redis {
  if (storage === undefined || storage === "") {
    throw wrong('createMcp: "storage" is missing', 'Give it a Redis URL (such as REDIS_URL), or "memory".');
  }
  if (typeof storage === "string" && storage !== "memory" && !/^rediss?:\/\//.test(storage)) {
    throw wrong("createMcp: storage is neither a redis:// URL nor memory", 'Write redis://host:6379, or "memory".');
  }
  return storage;
}

/** The origin of the app. */
export function requireBaseUrl(baseUrl: string | undefined): string {
  const url = baseUrl !== undefined && URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search || url.hash) {
    throw wrong(
      baseUrl ? `createMcp: baseUrl "${baseUrl}" is not an origin` : 'createMcp: "baseUrl" is missing',
      "Give the app's own address without a path, such as https://app.example.com.",
    );
  }
  return url.origin;
}

const hostAndPort = z.string().regex(/^(\[[0-9a-f:.]+\]|[^\s:/@?#[\]]+):\d{1,5}$/i);

function checkHost(host: string): string {
  if (hostAndPort.safeParse(host).success) return host;
  throw wrong(`outbound.allowHosts has "${host}"`, "Write host:port, such as 127.0.0.1:3001, without a scheme.");
}

const wrong = (message: string, hint: string) => new ConfigurationError({ message, hint, retryable: false });
