import type { ToolInfo } from "@mcp-assistant/protocol";
import type { Backend } from "../backend/backend.js";
import type { ConnectionsStore } from "../store/connections-store.js";

/** Asks the app for the tools of a connection that no event has brought, and puts them into the store. */
export class ToolLoader {
  readonly #backend: Pick<Backend, "listTools">;
  readonly #store: ConnectionsStore;
  readonly #running = new Map<string, Promise<readonly ToolInfo[]>>();

  constructor(backend: Pick<Backend, "listTools">, store: ConnectionsStore) {
    this.#backend = backend;
    this.#store = store;
  }

  /** The connection's tools, as the app answers now. Those who ask while a request is on its way share its answer. */
  load(sessionId: string): Promise<readonly ToolInfo[]> {
    const running = this.#running.get(sessionId) ?? this.#ask(sessionId);
    this.#running.set(sessionId, running);
    return running;
  }

  async #ask(sessionId: string): Promise<readonly ToolInfo[]> {
    const { tools, owner } = this.#store;
    const [before, user] = [tools.get(sessionId), owner.get()];
    try {
      const answer = await this.#backend.listTools(sessionId);
      // Another user's tools are not put into the store.
      return owner.get() === user ? tools.answer(sessionId, answer, before) : answer;
    } finally {
      this.#running.delete(sessionId);
    }
  }
}
