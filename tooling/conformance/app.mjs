// The app under test. Each of its processes creates it with this module.
import { createMcp } from "@mcp-assistant/mcp-redis/server";
import { clientsOf, metadataUrl } from "./registered.mjs";

const { CONFORMANCE_REDIS_PORT, CONFORMANCE_ENCRYPTION_KEYS, CONFORMANCE_BASE_URL } = process.env;

// The referee's servers listen on random ports and name each other only in their metadata, so all ports that a system
// gives to `listen(0)` are allowed.
const [firstPort, lastPort] = [32_768, 65_535];
const allowHosts = Array.from({ length: lastPort - firstPort + 1 }, (_, index) => `localhost:${firstPort + index}`);

/** ms. Some servers wait for something that we cannot do: do not wait the usual minute for them. */
const requestTimeoutMs = 10_000;

/** The options that differ from the defaults, for the printed verdict. Nothing that a specification requires is off. */
export const optionsInWords = [
  `outbound.allowHosts: localhost:${firstPort} to localhost:${lastPort}`,
  `limits.requestTimeout: ${requestTimeoutMs}`,
  `client.metadataUrl: ${metadataUrl}`,
  "authorization.clients: what a scenario's context names, if anything; for auth/basic-cimd, that document",
  "opt-ins for servers that break a specification: none",
];

/**
 * Opens an app with its own storage prefix. Clients are stored by issuer, and the referee may start the next scenario's
 * authorization server on a port that an earlier one used.
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
