import {
  type Connection,
  compareEventIds,
  type EventId,
  type McpConnectionEvent,
  type PassingEvent,
} from "@mcp-assistant/protocol";
import { withOwnAuthUrls } from "../sign-in/sign-in-page.js";
import { applyEvent } from "./apply-event.js";
import { mergeList } from "./merge-list.js";
import { ObservableValue } from "./observable-value.js";
import { hasSameContent } from "./same-content.js";
import { ServerClock } from "./server-clock.js";
import { ToolLists } from "./tool-lists.js";

export interface RecentEvent {
  /** Unique for every entry, for React's `key`. The id is not: a snapshot has the id of the event before it. */
  key: number;
  id: EventId;
  event: McpConnectionEvent;
}

/** How many recent events are kept. */
export const maxRecentEvents = 200;

/**
 * What a browser knows of its user: the connections and their tools, the latest events, and the id that a new stream
 * resumes from. Everything that a page shows comes from here.
 */
export class ConnectionsStore {
  readonly recent = new ObservableValue<readonly RecentEvent[]>([]);
  /** The latest `call_progress` of any call. It is about a moment, so it is not among the recent events. */
  readonly callProgress = new ObservableValue<PassingEvent | undefined>(undefined);
  readonly clock = new ServerClock();
  readonly tools = new ToolLists();
  /** The key of the user whose connections these are. Undefined while no signed-in user is known. */
  readonly owner = new ObservableValue<string | undefined>(undefined);
  /** How often the data was dropped for a new beginning. A stream that is open then begins again, too. */
  readonly restarts = new ObservableValue(0);
  readonly #connections = new ObservableValue<readonly Connection[] | undefined>(undefined);
  #lastEventId: EventId | undefined;
  #recorded = 0;
  /** Whether an address is our own sign-in page. Set by what knows the app's address. */
  isSignInPage: (authUrl: string) => boolean = () => true;

  /** Calls the listener after each change of the connections, until the returned function is called. */
  readonly subscribe = this.#connections.subscribe;

  /** Undefined until the first snapshot, or what a page began with or has asked for. */
  get connections(): readonly Connection[] | undefined {
    return this.#connections.get();
  }

  /** The id that a new stream resumes from. Undefined if it has to begin with a snapshot. */
  get lastEventId(): EventId | undefined {
    return this.#lastEventId;
  }

  /** Records an event. If it comes again, as when another tab continues the stream, it counts once. */
  record(id: EventId, received: McpConnectionEvent): void {
    if (received.type === "call_progress") {
      this.callProgress.set(received);
      return;
    }
    const event = withOwnAuthUrls(received, this.isSignInPage);
    if (!event || this.#isKnown(id, event)) return;
    const resumed = this.#lastEventId !== undefined;
    if (!resumed && event.type !== "reset") return;
    const after = applyEvent(this.connections, event);
    this.clock.observe(event.at);
    this.#lastEventId = id;
    this.tools.apply(event, resumed);
    this.#connections.set(after);
    this.#recorded += 1;
    this.recent.set([...this.recent.get().slice(1 - maxRecentEvents), { key: this.#recorded, id, event }]);
  }

  /** Makes this the store of that user. Another user's data is dropped. */
  switchUser(userKey: string | undefined): void {
    const before = this.owner.get();
    if (userKey !== undefined && userKey === before) return;
    // What a page began with belongs to the user who is signed in first.
    const isBeginning = userKey !== undefined && before === undefined && this.#lastEventId === undefined;
    if (!isBeginning) this.forget();
    this.owner.set(userKey);
  }

  /** Shows these connections until the first snapshot: those with which a server has rendered the page. */
  seed(connections: readonly Connection[]): void {
    if (this.connections === undefined) this.#connections.set(connections);
  }

  /** Takes the answer to a request for all connections. `before` is what was known when it was sent. */
  merge(listed: readonly Connection[], before: readonly Connection[] | undefined): void {
    if (this.connections === undefined) this.#connections.set(listed);
    else if (before) this.#connections.set(mergeList(this.connections, listed, before));
  }

  /** Takes the answer to a request for one connection. */
  learn(connection: Connection): void {
    const isOlder = (known: Connection) => known.sessionId === connection.sessionId && known.v < connection.v;
    if (!this.connections?.some(isOlder)) return;
    this.#connections.set(this.connections.map((known) => (isOlder(known) ? connection : known)));
  }

  /** Drops all data. */
  forget(): void {
    this.#lastEventId = undefined;
    if (this.recent.get().length > 0) this.recent.set([]);
    this.callProgress.set(undefined);
    this.#connections.set(undefined);
    this.tools.clear();
  }

  /** Drops all data, and has an open stream ask again who is signed in. */
  restart(): void {
    this.forget();
    this.restarts.set(this.restarts.get() + 1);
  }

  #isKnown(id: EventId, event: McpConnectionEvent): boolean {
    const last = this.#lastEventId;
    if (last === undefined) return false;
    // Two tabs may send a snapshot of the same moment. Then nothing was missed in between.
    if (event.type === "reset" && id === last) return hasSameContent(event.connections, this.connections);
    // A snapshot may belong to a restarted log, with lower ids.
    if (event.type !== "reset" && compareEventIds(id, last) < 0) return true;
    // Several events may share an id: those that are not logged carry the id of the event before them.
    return this.recent.get().some((known) => known.id === id && hasSameContent(known.event, event));
  }
}
