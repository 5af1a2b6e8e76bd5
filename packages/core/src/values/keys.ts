import { userTag } from "../session/session-id.js";

export interface KeyStyle {
  /** What every key begins with, before `mcp:`; nothing by default. */
  prefix?: string | undefined;
  /** With Redis Cluster: all keys of a user carry his tag as their hash tag, so that one script can change them. */
  tagged?: boolean;
}

/** The only place that spells a key. A user id may hold anything, so it is percent-encoded. */
export class Keys {
  readonly tagged: boolean;
  readonly #prefix: string;

  constructor({ prefix = "", tagged = false }: KeyStyle = {}) {
    this.#prefix = `${prefix}mcp:`;
    this.tagged = tagged;
  }

  session(sessionId: string): string {
    return `${this.#ofSession(sessionId)}session:${sessionId}`;
  }

  credentials(sessionId: string): string {
    return `${this.#ofSession(sessionId)}credentials:${sessionId}`;
  }

  userSessions(userId: string): string {
    return `${this.#ofUser(userId)}:sessions`;
  }

  userServer(userId: string, serverId: string): string {
    return `${this.#ofUser(userId)}:server:${serverId}`;
  }

  /** The stream that is the user's event log; the channel that announces its entries has the same name. */
  userEvents(userId: string): string {
    return `${this.#ofUser(userId)}:events`;
  }

  /** How much of what a user has used up; `what` is a kind of ours. */
  rate(userId: string, what: string): string {
    const name = `rate:${encodeURIComponent(userId)}:${what}`;
    return this.tagged ? `${this.#prefix}{${userTag(userId)}}:${name}` : `${this.#prefix}${name}`;
  }

  /** `stateHash`: SHA-256 of the `state` parameter, hexadecimal. */
  attempt(stateHash: string): string {
    return `${this.#prefix}attempt:${stateHash}`;
  }

  /** `hash`: SHA-256 of issuer and redirect URL, hexadecimal. */
  registration(hash: string): string {
    return `${this.#prefix}registration:${this.tagged ? `{${hash}}` : hash}`;
  }

  /** `hash`: SHA-256 of the tool list's text, hexadecimal. */
  tools(hash: string): string {
    return `${this.#prefix}tools:${hash}`;
  }

  /** Who renews these tokens of a session at this moment; `tv` is their version. */
  refreshLock(sessionId: string, tv: string): string {
    return `${this.#ofSession(sessionId)}lock:${sessionId}:refresh:${tv}`;
  }

  /** Who registers us at this moment. The hash tag, which only Redis Cluster heeds, puts it beside the registration. */
  registrationLock(hash: string): string {
    return `${this.#prefix}lock:registration:${this.tagged ? `{${hash}}` : hash}`;
  }

  /** Held for as long as our client is not registered anew because sign-ins with it do not come back. */
  registrationRenewal(hash: string): string {
    return `${this.#prefix}lock:registration-renewal:${this.tagged ? `{${hash}}` : hash}`;
  }

  /** Begins every key of this kind, whatever the tag: a glob pattern for SCAN. */
  pattern(kind: "session" | "attempt" | "registration"): string {
    const escaped = this.#prefix.replace(/[*?[\]\\^-]/g, "\\$&");
    return kind === "session" && this.tagged ? `${escaped}{???}:session:*` : `${escaped}${kind}:*`;
  }

  #ofSession(sessionId: string): string {
    return this.tagged ? `${this.#prefix}{${sessionTag(sessionId)}}:` : this.#prefix;
  }

  #ofUser(userId: string): string {
    const user = `user:${encodeURIComponent(userId)}`;
    return this.tagged ? `${this.#prefix}{${userTag(userId)}}:${user}` : `${this.#prefix}${user}`;
  }
}

/** The tag that a session id begins with; text that is no session id has one of its own. */
function sessionTag(sessionId: string): string {
  return /^[A-Za-z0-9]{3}/.exec(sessionId)?.[0] ?? "000";
}
