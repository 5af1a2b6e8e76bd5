import type { McpConnectionEvent, ToolInfo } from "@mcp-assistant/protocol";
import { ObservableValue } from "./observable-value.js";

/** A connection's tools as last listed. */
export interface ToolList {
  readonly tools: readonly ToolInfo[];
  /** Which list these are, if an event has said so. */
  readonly hash: string | undefined;
  /** Whether the server has listed others since then. */
  readonly isStale: boolean;
}

/** The tools of the connections, by session. A list is in it from the time that an event or an answer has brought it. */
export class ToolLists {
  readonly all = new ObservableValue<ReadonlyMap<string, ToolList>>(new Map());

  get(sessionId: string): ToolList | undefined {
    return this.all.get().get(sessionId);
  }

  /** Applies an event. `resumed`: whether it follows events that this browser has. */
  apply(event: McpConnectionEvent, resumed: boolean): void {
    switch (event.type) {
      case "tools_discovered":
        this.#discover(event);
        break;
      case "session_removed":
        this.#change((lists) => lists.delete(event.sessionId));
        break;
      case "reset":
        if (resumed)
          this.#change((lists) => expire(lists, new Set(event.connections.map(({ sessionId }) => sessionId))));
        break;
    }
  }

  /**
   * Takes an answer to a request that was sent when `before` was the list, and returns the tools to use. An event that
   * came in the meantime is newer than the answer.
   */
  answer(sessionId: string, tools: readonly ToolInfo[], before: ToolList | undefined): readonly ToolInfo[] {
    const present = this.get(sessionId);
    if (present !== before && present && !present.isStale) return present.tools;
    const isStale = present !== before && present !== undefined;
    this.#set(sessionId, { tools, hash: present?.hash, isStale });
    return tools;
  }

  clear(): void {
    if (this.all.get().size > 0) this.all.set(new Map());
  }

  #discover({ sessionId, tools, count, hash }: Extract<McpConnectionEvent, { type: "tools_discovered" }>): void {
    const known = this.get(sessionId);
    if (tools.length === count) this.#set(sessionId, { tools, hash, isStale: false });
    // The tools were too large for the event.
    else if (known && known.hash !== hash) this.#set(sessionId, { ...known, hash, isStale: true });
  }

  #set(sessionId: string, list: ToolList): void {
    this.#change((lists) => lists.set(sessionId, list));
  }

  #change(change: (lists: Map<string, ToolList>) => void): void {
    const lists = new Map(this.all.get());
    change(lists);
    this.all.set(lists);
  }
}

/** After a snapshot, each list may be an old one, and the lists of sessions that are gone are of no use. */
function expire(lists: Map<string, ToolList>, present: ReadonlySet<string>): void {
  for (const [sessionId, list] of lists) {
    if (present.has(sessionId)) lists.set(sessionId, { ...list, isStale: true });
    else lists.delete(sessionId);
  }
}
