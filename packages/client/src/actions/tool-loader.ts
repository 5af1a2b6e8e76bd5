import type { Connection, McpSessionError, ToolInfo } from "@mcp-assistant/protocol";
import type { Backend } from "../backend/backend.js";
import type { ConnectionsStore } from "../store/connections-store.js";

/** How long (ms) an event may take that brings the tools of a new connection, before they are asked for. */
const eventDelayMs = 100;

/** How long (ms) after a failure the tools are asked for again. */
const retryDelayMs = 10_000;

/** Asks the app for the tools of a connection that no event has brought, and puts them into the store. */
export class ToolLoader {
  readonly #backend: Pick<Backend, "listTools">;
  readonly #store: ConnectionsStore;
  readonly #running = new Map<string, Promise<readonly ToolInfo[]>>();
  #users = 0;
  /** The sessions whose tools could not be loaded, with the version of the record that was tried. */
  readonly #failed = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop: () => void = () => undefined;

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

  /** Keeps the tools of all connected sessions loaded, until the returned function is called. */
  keepLoaded(): () => void {
    this.#users += 1;
    if (this.#users === 1) this.#begin();
    return () => {
      this.#users -= 1;
      if (this.#users === 0) this.#stop();
    };
  }

  #begin(): void {
    const { tools, subscribe } = this.#store;
    const check = () => this.#checkIn(eventDelayMs);
    const stops = [subscribe(check), tools.all.subscribe(check)];
    check();
    this.#stop = () => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      for (const stop of stops) stop();
    };
  }

  /** All lists that are missing by then are asked for together, which makes them one request. */
  #checkIn(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const connection of this.#store.connections ?? []) this.#loadIfMissing(connection);
    }, ms);
  }

  #loadIfMissing({ sessionId, state, v }: Connection): void {
    const list = this.#store.tools.get(sessionId);
    if (state !== "CONNECTED" || (list && !list.isStale)) return;
    if (this.#running.has(sessionId) || this.#failed.get(sessionId) === v) return;
    this.load(sessionId).catch(({ retryable }: McpSessionError) => {
      this.#failed.set(sessionId, v);
      if (!retryable) return;
      setTimeout(() => {
        this.#failed.delete(sessionId);
        if (this.#users > 0) this.#checkIn(0);
      }, retryDelayMs);
    });
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
