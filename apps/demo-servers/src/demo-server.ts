import type { RecordedRequest } from "./request-log.js";

/** What every running demo server offers the program or test that started it. */
export interface DemoServer {
  /** The MCP endpoint, such as `http://127.0.0.1:3001/mcp`. */
  readonly url: string;
  /** Every `host:port` it listens on: what an outbound allow-list must name. */
  readonly hosts: readonly string[];
  /** The answered requests since the start or the last reset, oldest first: never bodies, queries or tokens. */
  requests(): readonly RecordedRequest[];
  resetRequests(): void;
  /** Stops listening and cuts the open connections and streams. */
  close(): Promise<void>;
}
