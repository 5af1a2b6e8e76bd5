import type { ClientCapabilities } from "@modelcontextprotocol/client";

/** The capabilities that we declare to servers. */
export const capabilities: ClientCapabilities = {};

/** The same as a text. A server may answer a client of other capabilities differently. */
export const declared = JSON.stringify(capabilities);
