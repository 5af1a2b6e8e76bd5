import { ServerUrlForbiddenError } from "../errors.js";
import type { Log } from "../logger.js";
import { shownHost } from "./shown-host.js";

/** How many hosts are reported. Users choose the addresses, and must be able to fill neither the log nor the memory. */
const maxReported = 100;

/** Logs each refused host once, with what the operator can set. Otherwise only the user would see it, on the page. */
export class RefusedHosts {
  readonly #log: Log;
  readonly #reported = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Runs a check of an address. Throws what it throws. */
  watch(url: URL, check: () => void): void {
    try {
      check();
    } catch (error) {
      if (error instanceof ServerUrlForbiddenError && error.operatorHint) this.#report(shownHost(url), error);
      throw error;
    }
  }

  #report(host: string, error: ServerUrlForbiddenError): void {
    if (this.#reported.has(host) || this.#reported.size >= maxReported) return;
    this.#reported.add(host);
    this.#log("warn", "A server's address was refused", { error, metadata: { "server.address": host } });
  }
}
