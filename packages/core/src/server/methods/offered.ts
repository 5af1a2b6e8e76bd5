import { ProtocolErrorCode, type ServerCapabilities } from "@modelcontextprotocol/client";
import type { Dialled } from "../dialled.js";
import type { Method } from "../method.js";
import { notSupported, rpcCodeOf } from "../server-error.js";
import { type Listed, type ListMethod, listPages } from "./list-pages.js";

/** A capability, and its noun in messages. */
interface Offer {
  capability: keyof ServerCapabilities;
  noun: string;
}

export const [resources, prompts, completions] = [
  { capability: "resources", noun: "resources" },
  { capability: "prompts", noun: "prompts" },
  { capability: "completions", noun: "completions" },
] as const satisfies readonly Offer[];

const nothing: Listed = { members: [], ttlMs: undefined };

/** All pages of a list. Empty, without a request, where the server has not declared the capability. */
export async function listOffered(
  server: Dialled,
  { offer, method, signal }: { offer: Offer; method: ListMethod; signal: AbortSignal | undefined },
): Promise<Listed> {
  if (!server.offers(offer.capability)) return nothing;
  try {
    return await listPages(server, method, signal);
  } catch (error) {
    // Many servers with resources know no list of templates.
    if (isUnknownMethod(error)) return nothing;
    throw error;
  }
}

interface Asked {
  offer: Offer;
  method: Method;
  params: Readonly<Record<string, unknown>>;
  signal: AbortSignal | undefined;
}

/** One request. Throws `NOT_SUPPORTED` without a request where the server has not declared the capability. */
export async function askOffered(
  server: Dialled,
  { offer, method, params, signal }: Asked,
): Promise<Readonly<Record<string, unknown>>> {
  if (!server.offers(offer.capability)) throw notSupported(server.url, offer.noun);
  try {
    return await server.request(method, params, { signal });
  } catch (error) {
    throw isUnknownMethod(error) ? notSupported(server.url, offer.noun) : error;
  }
}

const isUnknownMethod = (error: unknown) => rpcCodeOf(error) === ProtocolErrorCode.MethodNotFound;
