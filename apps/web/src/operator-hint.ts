/**
 * A hint for the operator of this app. mcp-redis names its own option; this app sets that one from a variable, so the
 * hint says which. Pasting the value alone would replace the hosts that the variable already lists.
 */
export function withVariable(hint: string): string {
  if (!hint.includes("outbound.allowHosts")) return hint;
  return `${hint} Here, that is the environment variable MCP_ALLOW_HOSTS: a list separated by commas, to which you add it.`;
}
