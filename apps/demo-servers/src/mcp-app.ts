import { localhostHostValidation, localhostOriginValidation } from "@modelcontextprotocol/node";
import express, { type ErrorRequestHandler, type Express, type Response } from "express";
import { type RequestLog, requestLogRoute } from "./request-log.js";

export const MCP_PATH = "/mcp";

export interface McpAppOptions {
  log: RequestLog;
  /** Whether other processes may read the log over HTTP. */
  serveRequestLog: boolean;
}

/** An Express app that records requests, parses JSON bodies, and only answers programs on this machine. */
export function createMcpApp({ log, serveRequestLog }: McpAppOptions): Express {
  const app = express();
  const hostIsLocal = localhostHostValidation();
  const originIsLocal = localhostOriginValidation();
  app.disable("x-powered-by");

  // A web page that rebinds its DNS name to 127.0.0.1 still sends its own name in these headers.
  app.use((request, response, next) => {
    if (hostIsLocal(request, response) && originIsLocal(request, response)) next();
  });
  if (serveRequestLog) app.use(requestLogRoute(log));
  app.use(log.record("mcp"));
  app.use(express.json({ limit: "1mb" }), refuseUnreadableBody);
  return app;
}

/** Answers with a JSON-RPC error that refers to no message. */
export function answerRpcError(response: Response, status: number, code: number, message: string): void {
  response.status(status).json({ jsonrpc: "2.0", id: null, error: { code, message } });
}

const refuseUnreadableBody: ErrorRequestHandler = (_error, _request, response, _next) => {
  answerRpcError(response, 400, -32700, "The body is not JSON or is larger than 1 MB");
};
