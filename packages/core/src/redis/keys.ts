/** The only place that spells a key. A user id may hold anything, so it is percent-encoded. */
const user = (userId: string) => `mcp:user:${encodeURIComponent(userId)}`;

export const sessionKey = (sessionId: string) => `mcp:session:${sessionId}`;
export const credentialsKey = (sessionId: string) => `mcp:credentials:${sessionId}`;
export const userSessionsKey = (userId: string) => `${user(userId)}:sessions`;
export const userServerKey = (userId: string, serverId: string) => `${user(userId)}:server:${serverId}`;

/** The stream that is the user's event log; the channel that announces its entries has the same name. */
export const userEventsKey = (userId: string) => `${user(userId)}:events`;

/** `stateHash`: SHA-256 of the `state` parameter, hexadecimal. */
export const attemptKey = (stateHash: string) => `mcp:attempt:${stateHash}`;

/** `hash`: SHA-256 of issuer and redirect URL, hexadecimal. */
export const registrationKey = (hash: string) => `mcp:registration:${hash}`;

/** `hash`: SHA-256 of the tool list's text, hexadecimal. */
export const toolsKey = (hash: string) => `mcp:tools:${hash}`;
