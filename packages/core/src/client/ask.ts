import {
  type Completion,
  type CompletionInput,
  completeInputSchema,
  getPromptInputSchema,
  type ListedPrompts,
  type ListedResources,
  type ListedResourceTemplates,
  type PromptResult,
  type ReadResourceResult,
  readResourceInputSchema,
} from "@mcp-assistant/protocol";
import type * as z from "zod";
import { checkedInput } from "../checked-input.js";
import type { Dialled } from "../server/dialled.js";
import { methods } from "../server/method.js";
import { complete } from "../server/methods/completions.js";
import { getPrompt, listPrompts } from "../server/methods/prompts.js";
import { listResources, listResourceTemplates, readResource } from "../server/methods/resources.js";
import { span } from "../telemetry.js";
import { ready } from "./ready.js";
import { runCall } from "./running-calls.js";
import { endStepUps } from "./tell-session.js";
import { checkCaller, type Talk } from "./tools.js";

/** What a session's server is asked for and that is stored nowhere. Each counts as a call. */
export const ask = {
  resources: (talk: Talk, signal?: AbortSignal): Promise<ListedResources> =>
    asked(talk, { method: "listResources", work: (server) => listResources(server, signal), signal }),

  resourceTemplates: (talk: Talk, signal?: AbortSignal): Promise<ListedResourceTemplates> =>
    asked(talk, { method: "listResourceTemplates", work: (server) => listResourceTemplates(server, signal), signal }),

  prompts: (talk: Talk, signal?: AbortSignal): Promise<ListedPrompts> =>
    asked(talk, { method: "listPrompts", work: (server) => listPrompts(server, signal), signal }),

  async resource(talk: Talk, given: { uri: string }, signal?: AbortSignal): Promise<ReadResourceResult> {
    const { uri } = checkedInput(ofResource, given);
    return oneOfTheCalls(talk, () =>
      asked(talk, { method: "readResource", work: (server) => readResource(server, uri, signal), signal }),
    );
  },

  async prompt(talk: Talk, given: z.input<typeof ofPrompt>, signal?: AbortSignal): Promise<PromptResult> {
    const input = checkedInput(ofPrompt, given);
    return oneOfTheCalls(talk, () =>
      asked(talk, { method: "getPrompt", work: (server) => getPrompt(server, input, signal), signal }),
    );
  },

  async completion(talk: Talk, given: CompletionInput, signal?: AbortSignal): Promise<Completion> {
    const input = checkedInput(ofCompletion, given);
    return oneOfTheCalls(talk, () =>
      asked(talk, { method: "complete", work: (server) => complete(server, input, signal), signal }),
    );
  },
};

const ofResource = readResourceInputSchema.omit({ sessionId: true });
const ofPrompt = getPromptInputSchema.omit({ sessionId: true });
const ofCompletion = completeInputSchema.omit({ sessionId: true });

/** Runs one of the calls of a session that may be under way at the same time. */
export function oneOfTheCalls<T>({ deps, session }: Talk, call: () => Promise<T>): Promise<T> {
  const key = JSON.stringify([deps.storeId, session.userId, session.sessionId]);
  return runCall(key, deps.limits.callsPerSession, call);
}

interface Asked<T> {
  method: keyof typeof methods;
  work: (server: Dialled) => Promise<T>;
  signal: AbortSignal | undefined;
}

function asked<T>({ deps, session, links }: Talk, { method, work, signal }: Asked<T>): Promise<T> {
  const attributes = { "mcp_redis.session.id": session.sessionId, "mcp.method.name": methods[method].name };
  return span("mcp.request", attributes, async () => {
    const stored = await ready(deps, session, "calls");
    checkCaller(signal);
    const answer = await links.use(stored, work);
    if (stored.record.stepUps > 0) await endStepUps(deps.sessions, session);
    return answer;
  });
}
