import type { Connection } from "@mcp-assistant/mcp-redis/shared";

/** The names of MCP's `ServerCapabilities` that the page asks for, as `capabilities` of a connection has them. */
type Capability = "tools" | "resources" | "resources.subscribe" | "prompts" | "completions";

/** Whether a server may offer this. False only if that is known: an older record does not say it. */
export const mayOffer = (connection: Pick<Connection, "capabilities"> | null | undefined, capability: Capability) =>
  connection?.capabilities?.includes(capability) ?? true;
