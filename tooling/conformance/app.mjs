// The app that the referee judges, as each of its processes composes it.
import { createMcp } from "@mcp-assistant/mcp-redis/server";
import { clientsOf } from "./registered.mjs";

const { CONFORMANCE_REDIS_PORT, CONFORMANCE_ENCRYPTION_KEYS, CONFORMANCE_BASE_URL } = process.env;

// The referee's servers listen wherever the system lets them, and name each other only in their metadata: so all ports
// that a system gives to `listen(0)` are allowed.
const [firstPort, lastPort] = [32_768, 65_535];
const allowHosts = Array.from({ length: lastPort - firstPort + 1 }, (_, index) => `localhost:${firstPort + index}`);

/** ms. A server that waits for what we cannot do is not worth the usual minute. */
const requestTimeoutMs = 10_000;

/** Where the referee takes our Client ID Metadata Document to be; it never fetches it. */
const metadataUrl = "https://conformance-test.local/client-metadata.json";

/** What is not the default, for whoever reads the verdict. Nothing that a specification asks for is switched off. */
export const optionsInWords = [
  `outbound.allowHosts: localhost:${firstPort} to localhost:${lastPort}`,
  `limits.requestTimeout: ${requestTimeoutMs}`,
  `client.metadataUrl: ${metadataUrl}`,
  "authorization.clients: what a scenario's context names, if anything",
  "opt-ins for servers that break a specification: none",
];

/**
 * One process's handle of an app with keys of its own: clients are kept by issuer, and the referee may start the next
 * scenario's authorization server on a port that an earlier one had.
 */
export function openApp(name) {
  return createMcp({
    storage: { host: "127.0.0.1", port: Number(CONFORMANCE_REDIS_PORT), keyPrefix: `${name}:` },
    encryptionKeys: CONFORMANCE_ENCRYPTION_KEYS,
    baseUrl: CONFORMANCE_BASE_URL,
    client: { name: "mcp-redis conformance", metadataUrl },
    authorization: { clients: clientsOf(name) },
    outbound: { allowHosts },
    limits: { requestTimeout: requestTimeoutMs },
  });
}
