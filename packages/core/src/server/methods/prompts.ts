import { type ListedPrompts, McpSessionError, type PromptResult } from "@mcp-assistant/protocol";
import { ProtocolErrorCode } from "@modelcontextprotocol/client";
import { toPromptInfos, toPromptResult } from "../../offers/prompt.js";
import { shownHost } from "../../outbound/shown-host.js";
import type { Dialled } from "../dialled.js";
import { methods } from "../method.js";
import { invalidAnswer, rpcCodeOf } from "../server-error.js";
import { withTtl } from "./list-pages.js";
import { askOffered, listOffered, prompts as offer } from "./offered.js";

/** Lists all prompts. Empty for a server without the prompts capability. */
export async function listPrompts(server: Dialled, signal?: AbortSignal): Promise<ListedPrompts> {
  const { members, ttlMs } = await listOffered(server, { offer, method: methods.listPrompts, signal });
  return { ...(await toPromptInfos(members)), ...withTtl(ttlMs) };
}

/** Throws `NOT_SUPPORTED`, or `INVALID_INPUT` if the server refuses the name or an argument. */
export async function getPrompt(
  server: Dialled,
  params: { name: string; arguments: Readonly<Record<string, string>> },
  signal?: AbortSignal,
): Promise<PromptResult> {
  const answer = await askOffered(server, { offer, method: methods.getPrompt, params, signal }).catch(
    (error: unknown) => {
      throw asRefusedInput(server.url, error, "has no such prompt, or does not accept its arguments");
    },
  );
  const result = toPromptResult(answer);
  if (!result) throw invalidAnswer(server.url);
  return result;
}

/** The server's own words could repeat anything, so they are left out. Another error is returned as it is. */
export function asRefusedInput(url: URL, error: unknown, why: string): unknown {
  if (rpcCodeOf(error) !== ProtocolErrorCode.InvalidParams) return error;
  return new McpSessionError({
    code: "INVALID_INPUT",
    message: `${shownHost(url)} ${why}`,
    hint: "Check the name, and that every required argument is there.",
    retryable: false,
    cause: error,
  });
}
