import type { AuthProvider, Client } from "@modelcontextprotocol/client";
import type { Fetch } from "../outbound/guarded-fetch.js";
import type { Step } from "./dialled.js";
import { isHttpSse, mayBeHttpSse } from "./http-sse.js";
import { speaksOnlyHttpSse } from "./server-error.js";
import type { GuardedTransport } from "./transport.js";

interface Handshake {
  client: Client;
  transport: GuardedTransport;
  url: URL;
  /** Adds the custom headers of the connection. */
  fetch: Fetch;
  authProvider: AuthProvider;
}

/**
 * Negotiates the protocol with a server. If the server refuses, one more request checks whether it speaks the older
 * HTTP+SSE transport. It has the same URL and headers as the refused request, and only the time that is left.
 */
export async function handshake(
  { client, transport, url, fetch, authProvider }: Handshake,
  { options, budget }: Step,
): Promise<void> {
  try {
    await client.connect(transport, options);
  } catch (error) {
    const { signal } = options;
    if (!signal || !mayBeHttpSse(error)) throw error;
    const token = () => authProvider.token();
    throw (await isHttpSse(fetch, url, { token, signal })) ? speaksOnlyHttpSse(url) : error;
  }
  budget.checkInstructions(client.getInstructions());
}
