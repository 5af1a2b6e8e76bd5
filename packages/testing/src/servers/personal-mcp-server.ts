import { answerLegacyMcp } from "./legacy-mcp.js";
import { type LoopbackServer, startLoopbackServer } from "./loopback-server.js";

export interface PersonalMcpServer extends LoopbackServer {
  /** Its MCP endpoint. */
  url: string;
}

/**
 * An MCP server of the legacy era that shows each caller one tool of their own, named like their key. Without a key it
 * answers 401.
 */
export async function startPersonalMcpServer(): Promise<PersonalMcpServer> {
  const server = await startLoopbackServer(async (request, response) => {
    const [, key] = /^Bearer (\w+)$/.exec(request.headers.authorization ?? "") ?? [];
    if (!key) return void response.writeHead(401).end();
    if (request.method !== "POST") return void response.writeHead(405).end();
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const answer = answerLegacyMcp(JSON.parse(body), { name: `Of ${key}`, tools: [key] });
    if (answer === undefined) return void response.writeHead(202).end();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  return { ...server, url: `${server.origin}/mcp` };
}
