import type { ListedResources, ListedResourceTemplates, ReadResourceResult } from "@mcp-assistant/protocol";
import { ProtocolErrorCode } from "@modelcontextprotocol/client";
import { ResourceNotFoundError } from "../../errors.js";
import { toReadResourceResult, toResourceInfos, toResourceTemplateInfos } from "../../offers/resource.js";
import { shownHost } from "../../outbound/shown-host.js";
import type { Dialled } from "../dialled.js";
import { methods } from "../method.js";
import { invalidAnswer, rpcCodeOf } from "../server-error.js";
import { ttlOf, withTtl } from "./list-pages.js";
import { askOffered, listOffered, resources as offer } from "./offered.js";

/** Lists all resources. Empty for a server without the resources capability. */
export async function listResources(server: Dialled, signal?: AbortSignal): Promise<ListedResources> {
  const { members, ttlMs } = await listOffered(server, { offer, method: methods.listResources, signal });
  return { ...(await toResourceInfos(members)), ...withTtl(ttlMs) };
}

/** Lists all resource templates. Empty for a server without the resources capability. */
export async function listResourceTemplates(server: Dialled, signal?: AbortSignal): Promise<ListedResourceTemplates> {
  const { members, ttlMs } = await listOffered(server, { offer, method: methods.listResourceTemplates, signal });
  return { ...(await toResourceTemplateInfos(members)), ...withTtl(ttlMs) };
}

/** Throws `NOT_SUPPORTED`, or `RESOURCE_NOT_FOUND`. */
export async function readResource(server: Dialled, uri: string, signal?: AbortSignal): Promise<ReadResourceResult> {
  const asked = { offer, method: methods.readResource, params: { uri }, signal };
  const answer = await askOffered(server, asked).catch((error: unknown) => {
    throw notFoundCodes.has(rpcCodeOf(error)) ? noResource(server.url, error) : error;
  });
  const result = toReadResourceResult(answer);
  if (!result) throw invalidAnswer(server.url);
  return { ...result, ...withTtl(ttlOf(answer)) };
}

/** The code of the legacy era (MCP 2025-11-25, resources), and that of the modern era: a URI is its only parameter. */
const notFoundCodes: ReadonlySet<number | undefined> = new Set([-32_002, ProtocolErrorCode.InvalidParams]);

const noResource = (url: URL, cause: unknown) =>
  new ResourceNotFoundError({
    message: `${shownHost(url)} has no such resource`,
    hint: "Check its URI, or list the resources again: the server may have removed it.",
    retryable: false,
    cause,
  });
