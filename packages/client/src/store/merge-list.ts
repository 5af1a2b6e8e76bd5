import type { Connection } from "@mcp-assistant/protocol";
import { byAge } from "./apply-event.js";

/**
 * The connections after an answer with the whole list. `before` is what was known when the request was sent: what an
 * event has added, changed or removed in the meantime is newer than the answer.
 */
export function mergeList(
  present: readonly Connection[],
  listed: readonly Connection[],
  before: readonly Connection[],
): readonly Connection[] {
  const find = (list: readonly Connection[], { sessionId }: Connection) =>
    list.find((connection) => connection.sessionId === sessionId);
  const kept = present.flatMap((connection) => {
    const answered = find(listed, connection);
    if (answered) return answered.v > connection.v ? answered : connection;
    return find(before, connection) ? [] : connection;
  });
  const added = listed.filter((connection) => !find(present, connection) && !find(before, connection));
  const isSame = added.length === 0 && kept.length === present.length && kept.every((one, n) => one === present[n]);
  return isSame ? present : [...kept, ...added].sort(byAge);
}
