import type { SessionRecord, StoredRecord } from "./session-record.js";
import type { ReadRow, ValueName } from "./storage-driver.js";

export type Owned = Pick<SessionRecord, "userId" | "sessionId" | "serverId">;

/** The values that a session has in its user's partition. */
export const namesOf = ({ sessionId, serverId }: Omit<Owned, "userId">) => ({
  session: { kind: "session", id: sessionId } as const,
  credentials: { kind: "credentials", id: sessionId } as const,
  handshake: { kind: "handshake", id: sessionId } as const,
  tools: { kind: "tools", id: sessionId } as const,
  server: { kind: "server", id: serverId } as const,
});

/** The resources that a session's pages follow. They expire by themselves, and are not renewed with the session. */
export const followedName = (sessionId: string) => ({ kind: "followed", id: sessionId }) as const;

/** The ID of the lock on the standing stream of a session. */
export const standingLockId = (sessionId: string) => `${sessionId}:standing`;

/** What is erased together with a session. The pointer of its server may name another session by then. */
export function endsWith(session: Owned): ValueName[] {
  const { server: _pointer, ...own } = namesOf(session);
  const { sessionId } = session;
  return [...Object.values(own), followedName(sessionId), { kind: "lock", id: standingLockId(sessionId) }];
}

/** What is read together with a record. */
export interface StoredTexts {
  /** The stored text of the credentials, if there are any. */
  credentials: string | undefined;
  /** The stored text of what the server said in its last handshake, if it is kept. */
  handshake: string | undefined;
}

/** Undefined if there is no record. */
export function storedOf({ id, texts: [record, credentials, handshake], named }: ReadRow) {
  if (record === undefined) return undefined;
  const stored: StoredRecord & StoredTexts = { sessionId: id, record, named, credentials, handshake };
  return stored;
}
