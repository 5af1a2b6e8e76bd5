import { budgetUser } from "../budgets/budget-user.js";
import type { ClientDeps } from "../client/client-deps.js";
import { callerGone } from "../errors.js";
import type { Fetch } from "../outbound/guarded-fetch.js";
import { shownHost } from "../outbound/shown-host.js";
import { parseJson } from "../parse-json.js";
import { DocumentMeter, StreamMeter } from "../server/answer-meter.js";
import { Budget } from "../server/budget.js";
import { type Method, methods } from "../server/method.js";

/** How long (ms) a stream that the SDK keeps open may take for as much as one answer. */
const windowMs = 60_000;

/** How long (ms) the reader of a stream may take nothing before it counts as gone. */
const maxStallMs = 60_000;

type Deps = Pick<ClientDeps, "limits" | "storeId">;

/**
 * `fetch` for the requests of a foreign SDK: each answer of the server has the budget that it would have in a step of
 * ours, on the wire and in the room of the user. A stream that answers no request (a GET) has it again each minute.
 */
export function boundedAnswers(fetch: Fetch, { limits, storeId }: Deps, userId: string): Fetch {
  return async (url, init = {}) => {
    const gaveWay = new AbortController();
    const method = methodOf(init.body);
    const isStanding = init.method === "GET";
    const begin = () => {
      const user = budgetUser(storeId, userId);
      const breakOff = (error: unknown) => gaveWay.abort(error);
      const budget = new Budget({ host: shownHost(new URL(url)), limits, method, user, breakOff });
      budget.admit();
      return { budget, began: performance.now() };
    };
    let current = begin();
    let isOver = false;
    const now = (): Budget => {
      // What still arrives after the end takes no room that no one would give back.
      if (isStanding && !isOver && performance.now() - current.began > windowMs) {
        current.budget.end();
        current = begin();
      }
      return current.budget;
    };
    const end = () => {
      isOver = true;
      current.budget.end();
    };
    const counted = {
      takeBytes: (count: number) => now().takeBytes(count),
      takeMessage: () => now().takeMessage(),
      takeLines: (count: number) => now().takeLines(count),
      takeMembers: (count: number) => now().takeMembers(count),
      takeNested: (depth: number) => now().takeNested(depth),
    };
    let isStream = false;
    const signal = init.signal ? AbortSignal.any([init.signal, gaveWay.signal]) : gaveWay.signal;
    try {
      const response = await fetch(url, {
        ...init,
        signal,
        took: (bytes) => now().took(bytes),
        meter: {
          whole: () => new DocumentMeter(counted),
          events: () => {
            isStream = true;
            return new StreamMeter(counted, end);
          },
        },
      });
      return isStream ? endingWith(response, end) : response;
    } finally {
      if (!isStream) end();
    }
  };
}

/** The method of ours that a request of the SDK is like. */
function methodOf(body: unknown): Method {
  const message = typeof body === "string" ? parseJson(body) : undefined;
  const isList =
    typeof message === "object" && message !== null && "method" in message && message.method === "tools/list";
  return isList ? methods.listTools : methods.callTool;
}

/** The same answer, which tells when its reader has read it or gone. A reader who takes nothing for a minute has gone. */
function endingWith({ body, status, headers }: Response, end: () => void): Response {
  const reader = body?.getReader();
  let stalled: NodeJS.Timeout | undefined;
  const over = () => {
    clearTimeout(stalled);
    end();
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (controller) => watch(controller),
      pull: async (controller) => {
        clearTimeout(stalled);
        const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
        if (value) controller.enqueue(value);
        if (!done) return watch(controller);
        over();
        controller.close();
      },
      cancel: (reason) => {
        over();
        return reader?.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  function watch(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const stop = () => {
      over();
      controller.error(callerGone());
      reader?.cancel().catch(() => undefined);
    };
    stalled = setTimeout(stop, maxStallMs).unref();
  }
  return new Response(stream, { status, headers });
}
