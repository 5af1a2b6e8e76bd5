import { maxTtlMs } from "@mcp-assistant/protocol";
import type { Dialled } from "../dialled.js";
import type { Method } from "../method.js";
import { invalidAnswer } from "../server-error.js";

/** A method whose result is a list in pages (MCP, pagination). */
export type ListMethod = Method & Required<Pick<Method, "list" | "pages">>;

/** All members of a list, exactly as the server sent them. */
export interface Listed {
  members: unknown[];
  /** How long (ms) the whole list is fresh: as long as the page that expires first. Undefined if no page says it. */
  ttlMs: number | undefined;
}

/** Fetches all pages of a list. */
export function listPages(server: Dialled, method: ListMethod, signal?: AbortSignal): Promise<Listed> {
  return server.together(
    method,
    async (ask, budget) => {
      const members: unknown[] = [];
      let cursor: string | undefined;
      let ttlMs: number | undefined;
      for (let pages = 1; ; pages += 1) {
        budget.checkPages(pages);
        const page = await ask(cursor === undefined ? {} : { cursor });
        for (const member of listOf(page[method.list]) ?? refuse(server)) members.push(member);
        budget.checkMembers(members.length);
        ttlMs = shorter(ttlMs, ttlOf(page));
        const { nextCursor } = page;
        // Asking for the same page again would never end.
        if (typeof nextCursor !== "string" || nextCursor === cursor) return { members, ttlMs };
        cursor = nextCursor;
      }
    },
    signal,
  );
}

const shorter = (one: number | undefined, other: number | undefined) =>
  one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);

/** How long (ms) an answer is fresh, as far as its server says it (MCP 2026-07-28, caching). At most a day. */
export function ttlOf({ ttlMs }: Readonly<Record<string, unknown>>): number | undefined {
  if (typeof ttlMs !== "number" || !(ttlMs >= 0)) return undefined;
  return Math.min(Math.floor(ttlMs), maxTtlMs);
}

/** As a member of a result. */
export const withTtl = (ttlMs: number | undefined) => (ttlMs === undefined ? {} : { ttlMs });

/** Some servers write null for an empty list. */
function listOf(list: unknown): unknown[] | undefined {
  if (list === null) return [];
  return Array.isArray(list) ? list : undefined;
}

function refuse({ url }: Dialled): never {
  throw invalidAnswer(url);
}
