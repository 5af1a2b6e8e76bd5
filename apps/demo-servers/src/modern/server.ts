import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import type { DemoServer } from "../demo-server.js";
import { listenOnLoopback } from "../loopback-listener.js";
import { createMcpApp, MCP_PATH } from "../mcp-app.js";
import { RequestLog } from "../request-log.js";
import { createToolbox } from "./tools.js";

export type { DemoServer } from "../demo-server.js";
export { PortTakenError } from "../loopback-listener.js";
export type { RecordedRequest } from "../request-log.js";

export interface ModernServerOptions {
  /** The port of the MCP endpoint; with 0, the default, the system chooses one. */
  port?: number;
  /** Whether clients of revisions before 2026-07-28 are also served, one request at a time. Default: "stateless". */
  legacy?: "stateless" | "reject";
  /** Whether `GET /__requests` lists the requests and `DELETE` resets them. Default: false. */
  serveRequestLog?: boolean;
}

/**
 * Starts "Demo toolbox": an MCP server of revision 2026-07-28, without sessions or sign-in.
 *
 * @throws {PortTakenError} if another program listens on the port
 */
export async function startModernServer(options: ModernServerOptions = {}): Promise<DemoServer> {
  const { port = 0, legacy = "stateless", serveRequestLog = false } = options;
  const listener = await listenOnLoopback(port);
  const log = new RequestLog();
  const mcp = createMcpHandler(createToolbox, { legacy });
  const answer = toNodeHandler(mcp);
  const app = createMcpApp({ log, serveRequestLog });
  app.all(MCP_PATH, (request, response) => answer(request, response, request.body));
  listener.serve(app);

  return {
    url: `${listener.origin}${MCP_PATH}`,
    hosts: [listener.host],
    requests: () => log.list(),
    resetRequests: () => log.reset(),
    close: async () => {
      await mcp.close();
      await listener.close();
    },
  };
}
