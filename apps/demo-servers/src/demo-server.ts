import type { RecordedRequest } from "./request-log.js";

/** A running demo server, as the program or test that started it sees it. */
export interface DemoServer {
  /** The MCP endpoint, such as `http://127.0.0.1:3001/mcp`. */
  readonly url: string;
  /** Every `host:port` that it listens on. An outbound allow-list must name them. */
  readonly hosts: readonly string[];
  /** The answered requests since the start or the last reset, oldest first, without bodies, queries or tokens. */
  requests(): readonly RecordedRequest[];
  resetRequests(): void;
  /** Stops listening and closes all open connections and streams. */
  close(): Promise<void>;
}
