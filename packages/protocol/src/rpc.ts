import * as z from "zod";
import { completionSchema } from "./completion.js";
import { connectionSchema } from "./connection.js";
import { errorInfoSchema } from "./error-code.js";
import {
  callToolInputSchema,
  completeInputSchema,
  connectInputSchema,
  connectResultSchema,
  followResourceInputSchema,
  getPromptInputSchema,
  readResourceInputSchema,
  reconnectInputSchema,
  sessionInputSchema,
} from "./inputs.js";
import { listedPromptsSchema, promptResultSchema } from "./prompt.js";
import { listedResourcesSchema, listedResourceTemplatesSchema, readResourceResultSchema } from "./resource.js";
import { toolInfoSchema } from "./tool.js";
import { toolResultSchema } from "./tool-result.js";

/** The caller's own number for a request, which its answer repeats. */
const id = z.string().min(1).max(64);

/** What a request of each method carries. */
const params = {
  connect: connectInputSchema,
  reconnect: reconnectInputSchema,
  disconnect: sessionInputSchema,
  signOut: sessionInputSchema,
  remove: sessionInputSchema,
  listTools: sessionInputSchema,
  callTool: callToolInputSchema,
  listResources: sessionInputSchema,
  listResourceTemplates: sessionInputSchema,
  readResource: readResourceInputSchema,
  subscribeResource: followResourceInputSchema,
  unsubscribeResource: followResourceInputSchema,
  listPrompts: sessionInputSchema,
  getPrompt: getPromptInputSchema,
  complete: completeInputSchema,
  getSessions: z.object({}).optional(),
  userKey: z.object({}).optional(),
  refreshSession: sessionInputSchema,
  /** The query of the callback that the authorization server sent the browser to, or that whole address. */
  finishAuth: z.object({ callback: z.string().min(1).max(8192) }),
};

/** What the answer to each method carries. */
export const rpcResultSchemas = {
  connect: connectResultSchema,
  reconnect: connectResultSchema,
  disconnect: z.null(),
  signOut: z.null(),
  remove: z.null(),
  listTools: z.object({ tools: z.array(toolInfoSchema) }),
  callTool: toolResultSchema,
  listResources: listedResourcesSchema,
  listResourceTemplates: listedResourceTemplatesSchema,
  readResource: readResourceResultSchema,
  subscribeResource: z.null(),
  unsubscribeResource: z.null(),
  listPrompts: listedPromptsSchema,
  getPrompt: promptResultSchema,
  complete: completionSchema,
  getSessions: z.object({ sessions: z.array(connectionSchema) }),
  /** A key of the signed-in user that does not reveal their id. */
  userKey: z.string(),
  refreshSession: connectionSchema,
  finishAuth: connectionSchema,
};

export type McpRpcMethod = keyof typeof params;

const request = <TMethod extends McpRpcMethod>(method: TMethod) =>
  z.object({ id, method: z.literal(method), params: params[method] });

/** What a browser posts to the address of the event stream. It never names the user: the server knows who asks. */
export const rpcRequestSchema = z.discriminatedUnion("method", [
  request("connect"),
  request("reconnect"),
  request("disconnect"),
  request("signOut"),
  request("remove"),
  request("listTools"),
  request("callTool"),
  request("listResources"),
  request("listResourceTemplates"),
  request("readResource"),
  request("subscribeResource"),
  request("unsubscribeResource"),
  request("listPrompts"),
  request("getPrompt"),
  request("complete"),
  request("getSessions"),
  request("userKey"),
  request("refreshSession"),
  request("finishAuth"),
]);
export type McpRpcRequest = z.input<typeof rpcRequestSchema>;

/** The result of a request of one method. */
export type McpRpcResult<TMethod extends McpRpcMethod> = z.infer<(typeof rpcResultSchemas)[TMethod]>;

/** The answer to a request. Its `id` is null if the request had none that could be read. */
export const rpcResponseSchema = z.union([
  z.object({ id, result: z.unknown() }),
  z.object({ id: id.nullable(), error: errorInfoSchema }),
]);
export type McpRpcResponse =
  | { id: string; result: McpRpcResult<McpRpcMethod> }
  | { id: string | null; error: z.infer<typeof errorInfoSchema> };
