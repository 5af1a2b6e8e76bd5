import type { McpUser } from "@mcp-assistant/core";
import {
  callToolInputSchema,
  completeInputSchema,
  connectInputSchema,
  followResourceInputSchema,
  getPromptInputSchema,
  readResourceInputSchema,
  renameInputSchema,
} from "@mcp-assistant/protocol";
import { type CallerOptions, identify } from "../edge/caller.js";
import type { Route } from "../edge/edge.js";
import { failureOf } from "../edge/failure.js";
import { parseBody, parseInput } from "../edge/json-body.js";

/** What an address answers, as a JSON value. */
type Answer = (user: McpUser, asked: { request: Request; body: Uint8Array | undefined }) => Promise<unknown>;

type Read = (user: McpUser, sessionId: string, options: { signal: AbortSignal }) => Promise<unknown>;

/** What a session's server offers, and says of its use, by the last part of the path. */
const reads: Readonly<Record<string, Read>> = {
  tools: (user, ...asked) => user.listTools(...asked),
  resources: (user, ...asked) => user.listResources(...asked),
  "resource-templates": (user, ...asked) => user.listResourceTemplates(...asked),
  prompts: (user, ...asked) => user.listPrompts(...asked),
  instructions: async (user, ...asked) => ({ instructions: await user.instructions(...asked) }),
};

/** With the text of a session ID. Other text is no address of ours. */
const readPath = new RegExp(`^/connections/([\\w.-]{1,256})/(${Object.keys(reads).join("|")})$`);

/**
 * The plain JSON addresses, for callers without tRPC: `POST /connect`, `/connection/rename`, `/tool/call`,
 * `/resource/{read,subscribe,unsubscribe}`, `/prompt/get` and `/complete`, `GET /connections`, and
 * `GET /connections/:sessionId/…` for each list and the instructions. A failure is `{ error }` with the status of its code.
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
    const [, sessionId, what] = readPath.exec(path) ?? [];
    const read = what === undefined ? undefined : reads[what];
    if (sessionId === undefined || !read) return Object.hasOwn(routes, path) ? routes[path] : undefined;
    return route("GET", (user, { request: { signal } }) => read(user, sessionId, { signal }));
  };
}
