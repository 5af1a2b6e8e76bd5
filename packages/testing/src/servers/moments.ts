import type { ServerResponse } from "node:http";
import { eventually } from "../eventually.js";

type GrantType = "authorization_code" | "refresh_token";

/** Where a request is on its way through a server. */
export type Moment =
  | { at: "mcp"; method: string; authorized: boolean }
  | { at: "register" }
  /** Before the books were looked at, and when they are written but nothing is answered. `given`: the code or refresh token. */
  | { at: "token asked" | "token granted"; grant: GrantType; given: string };

/** Requests that were left hanging. */
export interface Stall {
  /** What hangs, in the order in which it came. */
  readonly moments: readonly Moment[];
  /** Resolves when so many have come. */
  until(count: number): Promise<unknown>;
  /** Resolves when nobody waits for any of them any more. */
  gone(): Promise<unknown>;
  /** Lets those that hang go on, and stops no more of them. */
  release(): void;
}

interface Rule {
  matches: (moment: Moment) => boolean;
  seize: (moment: Moment, response: ServerResponse) => Promise<void>;
}

/** The request does not go on: it was answered already, or nobody waits for its answer any more. */
class EndedError extends Error {}

/** The rules by which a server stops its own requests. */
export class Moments {
  readonly #rules = new Set<Rule>();

  /** Resolves when a request may go on; rejects when it must not. */
  async pass(moment: Moment, response: ServerResponse): Promise<void> {
    for (const rule of [...this.#rules]) if (rule.matches(moment)) await rule.seize(moment, response);
    // A client that has gone has taken nothing: what it asked for is not done.
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
