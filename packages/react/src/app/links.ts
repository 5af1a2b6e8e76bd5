import type { McpAppRouter } from "@mcp-assistant/api";
import { getFetch, httpBatchLink, httpLink, httpSubscriptionLink, splitLink, type TRPCLink } from "@trpc/client";

type HeaderRecord = Record<string, string>;

export interface LinkOptions {
  /** Where the procedures are mounted. */
  url: string;
  /** Sent with every request. The event stream sends them only if `EventSource` is a ponyfill that takes a `fetch`. */
  headers?: (() => HeaderRecord | Promise<HeaderRecord>) | undefined;
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
export function createMcpLinks({ url, headers, fetch, EventSource }: LinkOptions): TRPCLink<McpAppRouter>[] {
  const http = { url, fetch: getFetch(fetch), ...(headers ? { headers } : {}) };
  const streamed = async (target: string | URL, init: RequestInit) =>
    (fetch ?? globalThis.fetch)(target, { ...init, headers: { ...asRecord(init.headers), ...(await headers?.()) } });
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

function asRecord(headers: RequestInit["headers"]): HeaderRecord {
  return Object.fromEntries(new Headers(headers));
}
