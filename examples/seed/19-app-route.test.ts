import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { NextRequest } from "next/server";
import { GET, POST } from "./19-app-route.js";
import { originOf, sseEndpointContract } from "./sse-endpoint.contract.js";

/** A route gets Next.js's own request, and its response goes through a server that knows web responses alone. */
sseEndpointContract(async () => {
  const answer = ({ url, method, headers, body, signal }: Request) => {
    const request = new NextRequest(url, { method, headers, signal, ...(body ? { body, duplex: "half" } : {}) });
    return method === "POST" ? POST(request) : GET(request);
  };
  const listener = getRequestListener(answer, { overrideGlobalObjects: false });
  return `${await originOf(createServer(listener).listen(0))}/api/mcp/sse`;
});
