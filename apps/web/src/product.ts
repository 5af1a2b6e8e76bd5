/** The name people see. */
export const productName = "mcp-redis";
