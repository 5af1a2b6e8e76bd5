import type { ConnectDeps } from "../connection/connect.js";
import { dropRefused, type Link, openLink, replaceLost, shareNoMore } from "../connection/link.js";
import { admissionOf } from "../credentials/admission.js";
import { SessionUnreadableError } from "../errors.js";
import { runShared } from "../process-wide.js";
import { dial } from "../server/dial.js";
import type { Dialled } from "../server/dialled.js";
import { isSessionLost } from "../server/server-error.js";
import type { StoredSession } from "../session/session-store.js";
import { ready, type SessionOfUser } from "./ready.js";
import { recordError } from "./tell-session.js";

/** A link that calls share. */
interface SharedLink {
  /** The address that it was made for. A session with an ID of the app's own may be made again with another one. */
  serverUrl: string;
  /** The sign-in and the custom headers that it was made with: see {@link admissionOf}. */
  admission: string;
  users: number;
  opened: Promise<Link>;
  /** Once it is open. */
  link?: Link;
}

type Outcome<T> = { result: T } | { lost: unknown; link: Link };

/**
 * One session's connection to its server. It is opened at the first use, and again after a failure, another handshake or
 * another sign-in.
 */
export class Links {
  readonly #deps: ConnectDeps;
  readonly #session: SessionOfUser;
  readonly #isIsolated: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #again = () => ready(this.#deps, this.#session);
  #current: SharedLink | undefined;

  /** `isIsolated`: its protocol session is its own, and ends with it. Then aborting `signal` gives up its handshake. */
  constructor(deps: ConnectDeps, session: SessionOfUser, isIsolated = false, signal?: AbortSignal) {
    this.#deps = deps;
    this.#session = session;
    this.#isIsolated = isIsolated;
    this.#signal = signal;
  }

  /**
   * Runs work over the connection of the session, which has just been read. If the server has forgotten the protocol
   * session, and so did nothing, the work runs once more with a new one. Records an error in the session.
   */
  async use<T>(stored: StoredSession, work: (server: Dialled) => Promise<T>): Promise<T> {
    const admission = await this.#admissionOf(stored);
    try {
      const first = await this.#once(stored, admission, work);
      if ("result" in first) return first.result;
      const { kept } = first.link;
      if (!kept) throw first.lost;
      const renewed = await replaceLost(this.#deps, kept, stored, this.#again);
      const second = await this.#once(renewed, await this.#admissionOf(renewed), work);
      if ("result" in second) return second.result;
      if (second.link.kept) await shareNoMore(this.#deps, second.link.kept, this.#session);
      throw second.lost;
    } catch (error) {
      throw await recordError(this.#deps.sessions, this.#session, error, admission);
    }
  }

  /** Whether a connection is kept for the next use. */
  get isOpen(): boolean {
    return this.#current !== undefined;
  }

  async close(): Promise<void> {
    if (this.#current) await this.#retire(this.#current);
  }

  async #once<T>(stored: StoredSession, admission: string, work: (server: Dialled) => Promise<T>): Promise<Outcome<T>> {
    const shared = await this.#take(stored, admission);
    try {
      const link = await shared.opened;
      shared.link = link;
      // Where no protocol session can be shared, each call has its own.
      if (!link.kept && !this.#isIsolated) this.#drop(shared);
      return { result: await work(link.dialled) };
    } catch (error) {
      // After any failure the next call opens another; calls already under way continue.
      this.#drop(shared);
      const { link } = shared;
      if (link && isSessionLost(error)) return { lost: error, link };
      if (link?.kept && link.dialled.isDoubted) {
        // The caller needs the server's own error.
        await dropRefused(this.#deps, link.kept, this.#session).catch(() => undefined);
      }
      throw error;
    } finally {
      shared.users -= 1;
      if (this.#current !== shared) await this.#retire(shared);
    }
  }

  /** Takes a connection and counts the use at once, because an unused connection may be closed at any time. */
  async #take(stored: StoredSession, admission: string): Promise<SharedLink> {
    // Again after each wait, because another call may have opened one meanwhile.
    while (this.#current && !this.#isUsable(this.#current, stored, admission)) await this.#retire(this.#current);
    const { serverUrl } = stored.record;
    const shared = this.#current ?? { serverUrl, admission, users: 0, opened: runShared(() => this.#open(stored)) };
    this.#current = shared;
    shared.users += 1;
    return shared;
  }

  /** The user may have signed in again or supplied another key, or another process may have made a new handshake. */
  #isUsable({ serverUrl, link, ...own }: SharedLink, stored: StoredSession, admission: string): boolean {
    if (own.admission !== admission || serverUrl !== stored.record.serverUrl) return false;
    return !link?.kept || stored.handshake?.startsWith(`{"id":"${link.kept.id}",`) === true;
  }

  async #open(stored: StoredSession): Promise<Link> {
    if (!this.#isIsolated) return openLink(this.#deps, stored, this.#again);
    return { dialled: await dial(this.#deps, stored, this.#signal) };
  }

  async #admissionOf(stored: StoredSession): Promise<string> {
    try {
      return admissionOf(stored);
    } catch (error) {
      if (!(error instanceof SessionUnreadableError)) throw error;
      throw await recordError(this.#deps.sessions, this.#session, error);
    }
  }

  #drop(shared: SharedLink): void {
    if (this.#current === shared) this.#current = undefined;
  }

  /** Closes a connection when the last call on it has ended. */
  async #retire(shared: SharedLink): Promise<void> {
    this.#drop(shared);
    if (shared.users > 0) return;
    const link = await shared.opened.catch(() => undefined);
    await (link?.kept ? link.dialled.close() : link?.dialled.end());
  }
}
