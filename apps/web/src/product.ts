/** The name that users see. */
export const productName = "mcp-redis";
