import type { ServerResponse } from "node:http";
import { eventually } from "../eventually.js";

type GrantType = "authorization_code" | "refresh_token";

/** A point on a request's way through a server. */
export type Moment =
  | { at: "mcp"; method: string; authorized: boolean }
  | { at: "register" }
  /** Before the books are read, or after they are written and before the answer. `given`: the code or refresh token. */
  | { at: "token asked" | "token granted"; grant: GrantType; given: string };

/** Requests that hang. */
export interface Stall {
  /** The hanging requests, in the order in which they came. */
  readonly moments: readonly Moment[];
  /** Resolves when this many have come. */
  until(count: number): Promise<unknown>;
  /** Resolves when no client waits for any of them any more. */
  gone(): Promise<unknown>;
  /** Lets the hanging requests continue, and stops no more of them. */
  release(): void;
}

interface Rule {
  matches: (moment: Moment) => boolean;
  seize: (moment: Moment, response: ServerResponse) => Promise<void>;
}

/** The request must not continue: it was already answered, or its client has gone. */
class EndedError extends Error {}

/** The rules for stopping a server's requests. */
export class Moments {
  readonly #rules = new Set<Rule>();

  /** Resolves when a request may continue. Rejects if it must not. */
  async pass(moment: Moment, response: ServerResponse): Promise<void> {
    for (const rule of [...this.#rules]) if (rule.matches(moment)) await rule.seize(moment, response);
    // The client has gone, so its request is not carried out.
    if (response.destroyed || response.writableEnded) throw new EndedError();
  }

  stall(matches: Rule["matches"]): Stall {
    const moments: Moment[] = [];
    const responses: ServerResponse[] = [];
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const rule: Rule = {
      matches,
      seize: (moment, response) => {
        moments.push(moment);
        responses.push(response);
        return released;
      },
    };
    this.#rules.add(rule);
    return {
      moments,
      until: (count) => eventually(() => moments.length >= count, { timeout: 60_000 }),
      gone: () => eventually(() => responses.every(({ destroyed }) => destroyed), { timeout: 60_000 }),
      release: () => {
        this.#rules.delete(rule);
        release();
      },
    };
  }

  fail(matches: Rule["matches"]): () => void {
    const rule: Rule = {
      matches,
      seize: async (_moment, response) => void response.writeHead(503).end("<h1>Maintenance</h1>"),
    };
    this.#rules.add(rule);
    return () => this.#rules.delete(rule);
  }
}
