import type { McpUser } from "@mcp-assistant/core";
import {
  invalidInput,
  type McpRpcMethod,
  type McpRpcResponse,
  type McpRpcResult,
  rpcRequestSchema,
} from "@mcp-assistant/protocol";
import * as z from "zod";
import { userKeyOf } from "../../stream/user-key.js";
import { parseBody } from "../edge/json-body.js";
import { finishAuth } from "./finish-auth.js";

type ParsedRequest = z.output<typeof rpcRequestSchema>;

export interface RpcDeps {
  request: Request;
  user: McpUser;
  baseUrl: string;
}

interface RpcOutcome {
  result: McpRpcResult<McpRpcMethod>;
  cookie?: string;
}

/** The request in a body. Its `id` is null if it has none that can be read. */
export function readRpc(body: Uint8Array | undefined): { id: string | null; parse: () => ParsedRequest } {
  let json: unknown;
  let failed: { error: unknown } | undefined;
  try {
    json = parseBody(body);
  } catch (error) {
    failed = { error };
  }
  const { id } = idSchema.safeParse(json).data ?? { id: null };
  return {
    id,
    parse: () => {
      if (failed) throw failed.error;
      const parsed = rpcRequestSchema.safeParse(json);
      if (parsed.success) return parsed.data;
      throw invalidInput(new z.ZodError(parsed.error.issues.map(byItsField)));
    },
  };
}

const idSchema = z.object({ id: z.string().min(1).max(64) });

/** Names the field in `params`, as for a procedure, and not `params` itself. */
const byItsField = (issue: z.core.$ZodIssue): z.core.$ZodIssue =>
  issue.path[0] === "params" && issue.path.length > 1 ? { ...issue, path: issue.path.slice(1) } : issue;

/** Does what a request asks for. Throws like the operation of {@link McpUser}. */
export async function callRpc({ method, params }: ParsedRequest, deps: RpcDeps): Promise<RpcOutcome> {
  const { request, user, baseUrl } = deps;
  const { signal } = request;
  switch (method) {
    case "connect":
      return { result: await user.connect(params) };
    case "reconnect": {
      const { sessionId, ...options } = params;
      return { result: await user.reconnect(sessionId, options) };
    }
    case "disconnect":
      await user.disconnect(params.sessionId);
      return { result: null };
    case "signOut":
      await user.signOut(params.sessionId);
      return { result: null };
    case "remove":
      await user.remove(params.sessionId);
      return { result: null };
    case "rename":
      await user.rename(params.sessionId, params.serverName);
      return { result: null };
    case "listTools":
      return { result: await user.listTools(params.sessionId, { signal }) };
    case "callTool": {
      const { sessionId, name, arguments: args, callId } = params;
      return { result: await user.callTool(sessionId, name, args, { signal, callId }) };
    }
    case "listResources":
      return { result: await user.listResources(params.sessionId, { signal }) };
    case "listResourceTemplates":
      return { result: await user.listResourceTemplates(params.sessionId, { signal }) };
    case "readResource":
      return { result: await user.readResource(params.sessionId, params.uri, { signal }) };
    case "subscribeResource": {
      const { sessionId, uri, ...options } = params;
      await user.subscribeResource(sessionId, uri, options);
      return { result: null };
    }
    case "unsubscribeResource": {
      const { sessionId, uri, ...options } = params;
      await user.unsubscribeResource(sessionId, uri, options);
      return { result: null };
    }
    case "listPrompts":
      return { result: await user.listPrompts(params.sessionId, { signal }) };
    case "getPrompt": {
      const { sessionId, name, arguments: args } = params;
      return { result: await user.getPrompt(sessionId, name, args, { signal }) };
    }
    case "complete": {
      const { sessionId, ...input } = params;
      return { result: await user.complete(sessionId, input, { signal }) };
    }
    case "instructions":
      return { result: { instructions: await user.instructions(params.sessionId, { signal }) } };
    case "getSessions":
      return { result: { sessions: await user.list({ signal }) } };
    case "userKey":
      return { result: userKeyOf(user.userId) };
    case "refreshSession":
      return { result: await user.refreshSession(params.sessionId) };
    case "finishAuth": {
      const { connection, cookie } = await finishAuth(request, { user, baseUrl, callback: params.callback });
      return { result: connection, cookie };
    }
  }
}

export const rpcResponse = (response: McpRpcResponse, init: ResponseInit = {}): Response =>
  Response.json(response, init);
