import type { ConnectDeps } from "../connection/connect.js";
import { SessionUnreadableError } from "../errors.js";
import { dial } from "../server/dial.js";
import type { Dialled } from "../server/dialled.js";
import type { StoredSession } from "../session/session-store.js";
import type { SessionOfUser } from "./ready.js";
import { admissionOf, recordError } from "./tell-session.js";

/** A connection that calls share. `admission` identifies the sign-in and the custom headers that it was made with. */
interface Link {
  admission: string;
  users: number;
  dialled: Promise<Dialled>;
}

/** One session's connection to its server, dialled at the first use and again after a failure or another sign-in. */
export class Links {
  readonly #deps: ConnectDeps;
  readonly #session: SessionOfUser;
  #link: Link | undefined;

  constructor(deps: ConnectDeps, session: SessionOfUser) {
    this.#deps = deps;
    this.#session = session;
  }

  /** Runs work over the connection of the session, which has just been read. Records an error in the session. */
  async use<T>(stored: StoredSession, work: (server: Dialled) => Promise<T>): Promise<T> {
    const link = await this.#take(stored);
    try {
      return await work(await link.dialled);
    } catch (error) {
      // After any failure the next call dials again; calls already under way continue.
      this.#drop(link);
      throw await recordError(this.#deps.sessions, this.#session, error, link.admission);
    } finally {
      link.users -= 1;
      if (this.#link !== link) await this.#retire(link);
    }
  }

  async close(): Promise<void> {
    if (this.#link) await this.#retire(this.#link);
  }

  /** Takes a connection and counts the use at once, because an unused connection may be closed at any time. */
  async #take(stored: StoredSession): Promise<Link> {
    const admission = await this.#admissionOf(stored);
    // Since then the user may have signed in with another account, or supplied another key.
    if (this.#link && this.#link.admission !== admission) await this.#retire(this.#link);
    const link = this.#link ?? { admission, users: 0, dialled: dial(this.#deps, stored) };
    this.#link = link;
    link.users += 1;
    return link;
  }

  async #admissionOf(stored: StoredSession): Promise<string> {
    try {
      return admissionOf(stored);
    } catch (error) {
      if (!(error instanceof SessionUnreadableError)) throw error;
      throw await recordError(this.#deps.sessions, this.#session, error);
    }
  }

  #drop(link: Link): void {
    if (this.#link === link) this.#link = undefined;
  }

  /** Closes a connection when the last call on it has ended. */
  async #retire(link: Link): Promise<void> {
    this.#drop(link);
    if (link.users > 0) return;
    await link.dialled.then(
      (dialled) => dialled.close(),
      () => undefined,
    );
  }
}
