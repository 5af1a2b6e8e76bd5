import type { McpUser } from "@mcp-assistant/core";
import {
  callToolInputSchema,
  completeInputSchema,
  connectInputSchema,
  followResourceInputSchema,
  getPromptInputSchema,
  readResourceInputSchema,
} from "@mcp-assistant/protocol";
import { type CallerOptions, identify } from "../edge/caller.js";
import type { Route } from "../edge/edge.js";
import { failureOf } from "../edge/failure.js";
import { parseBody, parseInput } from "../edge/json-body.js";

/** What an address answers, as a JSON value. */
type Answer = (user: McpUser, asked: { request: Request; body: Uint8Array | undefined }) => Promise<unknown>;

/** What a session's server offers, by the last part of the path. */
const lists = {
  tools: "listTools",
  resources: "listResources",
  "resource-templates": "listResourceTemplates",
  prompts: "listPrompts",
} as const satisfies Readonly<Record<string, keyof McpUser>>;

/** With the text of a session ID. Other text is no address of ours. */
const listPath = /^\/connections\/([\w.-]{1,256})\/(tools|resources|resource-templates|prompts)$/;

/**
 * The plain JSON addresses, for callers without tRPC: `POST /connect`, `/tool/call`, `/resource/{read,subscribe,unsubscribe}`,
 * `/prompt/get` and `/complete`, `GET /connections`, and `GET /connections/:sessionId/…` for each list. A failure is
 * `{ error }` with the status of its code.
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
      const { sessionId, name, arguments: args } = parseInput(callToolInputSchema, parseBody(body));
      return user.callTool(sessionId, name, args, { signal });
    }),
    "/resource/read": route("POST", (user, { request: { signal }, body }) => {
      const { sessionId, uri } = parseInput(readResourceInputSchema, parseBody(body));
      return user.readResource(sessionId, uri, { signal });
    }),
    "/resource/subscribe": route("POST", async (user, { body }) => {
      const { sessionId, uri, ...options } = parseInput(followResourceInputSchema, parseBody(body));
      await user.subscribeResource(sessionId, uri, options);
      return null;
    }),
    "/resource/unsubscribe": route("POST", async (user, { body }) => {
      const { sessionId, uri, ...options } = parseInput(followResourceInputSchema, parseBody(body));
      await user.unsubscribeResource(sessionId, uri, options);
      return null;
    }),
    "/prompt/get": route("POST", (user, { request: { signal }, body }) => {
      const { sessionId, name, arguments: args } = parseInput(getPromptInputSchema, parseBody(body));
      return user.getPrompt(sessionId, name, args, { signal });
    }),
    "/complete": route("POST", (user, { request: { signal }, body }) => {
      const { sessionId, ...input } = parseInput(completeInputSchema, parseBody(body));
      return user.complete(sessionId, input, { signal });
    }),
    "/connections": route("GET", async (user, { request: { signal } }) => ({
      connections: await user.list({ signal }),
    })),
  };
  return (path) => {
    const [, sessionId, list] = listPath.exec(path) ?? [];
    if (sessionId === undefined) return Object.hasOwn(routes, path) ? routes[path] : undefined;
    const method = lists[list as keyof typeof lists];
    return route("GET", (user, { request: { signal } }) => user[method](sessionId, { signal }));
  };
}
