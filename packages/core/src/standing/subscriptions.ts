import type { Dialled } from "../server/dialled.js";
import { methods } from "../server/method.js";

/**
 * The resources that a server of the legacy era has been asked to tell of: one request for each, in the transport session
 * of the standing stream. Best effort: a server may refuse one that it no longer has.
 */
export class Subscriptions {
  readonly #server: Dialled;
  #uris: ReadonlySet<string> = new Set();
  #steps: Promise<unknown> = Promise.resolve();

  constructor(server: Dialled) {
    this.#server = server;
  }

  /** From now on, it is to tell of these. */
  set(uris: readonly string[]): void {
    const [had, has] = [this.#uris, new Set(uris)];
    this.#uris = has;
    for (const uri of had) if (!has.has(uri)) this.#ask("unsubscribe", uri);
    for (const uri of has) if (!had.has(uri)) this.#ask("subscribe", uri);
  }

  #ask(method: "subscribe" | "unsubscribe", uri: string): void {
    this.#steps = this.#steps.then(() => this.#server.request(methods[method], { uri })).catch(() => undefined);
  }
}
