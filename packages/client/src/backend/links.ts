import type { McpAppRouter } from "@mcp-assistant/api";
import { getFetch, httpBatchLink, httpLink, httpSubscriptionLink, splitLink, type TRPCLink } from "@trpc/client";

type HeaderRecord = Record<string, string>;

type AuthToken = string | undefined;

export interface LinkOptions {
  /** Where the procedures are mounted. */
  url: string;
  /** Sent with every request. The event stream sends them only if `EventSource` is a ponyfill that takes a `fetch`. */
  headers?: (() => HeaderRecord | Promise<HeaderRecord>) | undefined;
  /**
   * A token of the app's own sign-in, or a function that returns the present one. Every request and the event stream
   * carry it as `Authorization: Bearer …`, and no URL does. The stream is then read with `fetch`, because the browser's
   * EventSource sends no headers.
   */
  authToken?: AuthToken | (() => AuthToken) | undefined;
  fetch?: typeof globalThis.fetch | undefined;
  /** The class of the package `eventsource`, if there is no EventSource or the event stream needs headers. */
  EventSource?: EventSourceConstructor | undefined;
}

/** The EventSource constructor that tRPC needs. The ponyfill sends its requests with `fetch`; browsers ignore it. */
export type EventSourceConstructor = new (
  url: string | URL,
  options?: { withCredentials?: boolean; fetch?: (url: string | URL, init: RequestInit) => Promise<Response> },
) => EventSource;

/** The context of a query that is sent without waiting for others. */
export const alone = { alone: true };

/**
 * How each kind of procedure is sent: queries in batches, mutations separately (a batch waits for its slowest call),
 * and the event stream as Server-Sent Events. `EventStream` retries a failed stream: it knows where to resume, shows
 * the failure, and resets its count after a success. tRPC's retryLink hides the failure and never resets its count.
 */
export function createMcpLinks(options: LinkOptions): TRPCLink<McpAppRouter>[] {
  const { url, fetch, EventSource } = options;
  const headers = () => headersOf(options);
  const http = { url, fetch: getFetch(fetch), headers };
  const streamed = async (target: string | URL, init: RequestInit) =>
    (fetch ?? globalThis.fetch)(target, { ...init, headers: { ...asRecord(init.headers), ...(await headers()) } });
  return [
    splitLink({
      condition: ({ type }) => type === "subscription",
      true: httpSubscriptionLink<McpAppRouter, EventSourceConstructor>(
        EventSource ? { url, EventSource, eventSourceOptions: { fetch: streamed } } : { url },
      ),
      false: splitLink({
        condition: ({ type, context }) => type === "mutation" || context.alone === true,
        true: httpLink(http),
        false: httpBatchLink({ ...http, maxItems: 10 }),
      }),
    }),
  ];
}

async function headersOf({ authToken, headers }: LinkOptions): Promise<HeaderRecord> {
  const token = typeof authToken === "function" ? authToken() : authToken;
  return { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(await headers?.()) };
}

function asRecord(headers: RequestInit["headers"]): HeaderRecord {
  return Object.fromEntries(new Headers(headers));
}
