import type { McpUser } from "@mcp-assistant/core";
import { callToolInputSchema, connectInputSchema, renameInputSchema } from "@mcp-assistant/protocol";
import { type CallerOptions, identify } from "../edge/caller.js";
import type { Route } from "../edge/edge.js";
import { failureOf } from "../edge/failure.js";
import { parseBody, parseInput } from "../edge/json-body.js";

/** What an address answers, as a JSON value. */
type Answer = (user: McpUser, asked: { request: Request; body: Uint8Array | undefined }) => Promise<unknown>;

/** The text of a session ID. Other text is no address of ours. */
const toolsPath = /^\/connections\/([\w.-]{1,256})\/tools$/;

/**
 * The plain JSON addresses, for callers without tRPC: `POST /connect`, `POST /tool/call`,
 * `POST /connection/rename`, `GET /connections` and
 * `GET /connections/:sessionId/tools`. A failure is `{ error }` with the status of its code.
 */
export function createRestRoutes(options: CallerOptions): (path: string) => Route | undefined {
  const route = (method: string, answer: Answer): Route => ({
    audience: "app",
    methods: [method],
    serve: async (request, body) => {
      try {
        const { user } = await identify(request, options);
        return Response.json(await answer(user, { request, body }));
      } catch (error) {
        const report = (unexpected: unknown) => options.mcp.report("A request failed", unexpected);
        const { info, init } = failureOf(error, { report, repeatable: request.method === "GET" });
        return Response.json({ error: info }, init);
      }
    },
  });
  const routes: Readonly<Record<string, Route>> = {
    "/connect": route("POST", (user, { body }) => user.connect(parseInput(connectInputSchema, parseBody(body)))),
    "/tool/call": route("POST", (user, { request: { signal }, body }) => {
      const { sessionId, name, arguments: args, callId } = parseInput(callToolInputSchema, parseBody(body));
      return user.callTool(sessionId, name, args, { signal, callId });
    }),
    "/connection/rename": route("POST", async (user, { body }) => {
      const { sessionId, serverName } = parseInput(renameInputSchema, parseBody(body));
      await user.rename(sessionId, serverName);
      return user.get(sessionId);
    }),
    "/connections": route("GET", async (user, { request: { signal } }) => ({
      connections: await user.list({ signal }),
    })),
  };
  return (path) => {
    const [, sessionId] = toolsPath.exec(path) ?? [];
    if (sessionId === undefined) return Object.hasOwn(routes, path) ? routes[path] : undefined;
    return route("GET", (user, { request: { signal } }) => user.listTools(sessionId, { signal }));
  };
}
