import type { Dialled } from "../dialled.js";
import type { Method } from "../method.js";
import { invalidAnswer } from "../server-error.js";

/** A method whose result is a list in pages (MCP, pagination). */
export type ListMethod = Method & Required<Pick<Method, "list" | "pages">>;

/** Fetches all members of a list, exactly as the server sent them. */
export function listPages(server: Dialled, method: ListMethod, signal?: AbortSignal): Promise<unknown[]> {
  return server.together(
    method,
    async (ask, budget) => {
      const members: unknown[] = [];
      let cursor: string | undefined;
      for (let pages = 1; ; pages += 1) {
        budget.checkPages(pages);
        const page = await ask(cursor === undefined ? {} : { cursor });
        for (const member of listOf(page[method.list]) ?? refuse(server)) members.push(member);
        budget.checkMembers(members.length);
        const { nextCursor } = page;
        // Asking for the same page again would never end.
        if (typeof nextCursor !== "string" || nextCursor === cursor) return members;
        cursor = nextCursor;
      }
    },
    signal,
  );
}

/** Some servers write null for an empty list. */
function listOf(list: unknown): unknown[] | undefined {
  if (list === null) return [];
  return Array.isArray(list) ? list : undefined;
}

function refuse({ url }: Dialled): never {
  throw invalidAnswer(url);
}
