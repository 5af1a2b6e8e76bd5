import { isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import type { Express } from "express";
import { answerRpcError, createMcpApp, MCP_PATH } from "../mcp-app.js";
import type { RequestLog } from "../request-log.js";
import type { BearerGuard } from "./bearer-guard.js";
import type { McpSessions } from "./mcp-sessions.js";
import { BASIC_SCOPES } from "./scopes.js";

/** The metadata path for a resource with a path (RFC 9728 §3.1). */
export const RESOURCE_METADATA_PATH = `/.well-known/oauth-protected-resource${MCP_PATH}`;

export interface McpEndpointOptions {
  /** The resource identifier. Clients compare it with the URL that they were given. */
  url: string;
  issuer: string;
  guard: BearerGuard;
  sessions: McpSessions;
  log: RequestLog;
  serveRequestLog: boolean;
}

/** The protected resource: its metadata, and MCP over Streamable HTTP with sessions (revisions up to 2025-11-25). */
export function createMcpEndpoint(options: McpEndpointOptions): Express {
  const { url, issuer, guard, sessions, log, serveRequestLog } = options;
  const app = createMcpApp({ log, serveRequestLog });

  app.get(RESOURCE_METADATA_PATH, (_request, response) => {
    response.json({
      resource: url,
      resource_name: "Demo notes",
      authorization_servers: [issuer],
      scopes_supported: BASIC_SCOPES,
      bearer_methods_supported: ["header"],
    });
  });

  app.all(MCP_PATH, async (request, response) => {
    const token = await guard(request, response);
    if (token === undefined) return;

    const sessionId = request.get("mcp-session-id");
    if (sessionId !== undefined) {
      const transport = sessions.find(sessionId, token.subject);
      if (transport === undefined) return answerRpcError(response, 404, -32001, "Session not found");
      return transport.handleRequest(request, response, request.body);
    }
    if (!isInitializeRequest(request.body))
      return answerRpcError(response, 400, -32000, "Mcp-Session-Id header is required");
    const transport = await sessions.open(token.subject);
    return transport.handleRequest(request, response, request.body);
  });

  return app;
}
