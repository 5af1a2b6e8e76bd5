// Read when first needed and not when the module loads: `next build` runs without them.

function required(name: "MCP_BASE_URL" | "MCP_COOKIE_SECRET"): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set. \`pnpm start\` sets it; set it yourself when you start the app in another way.`);
}

export function baseUrl(): URL {
  const value = required("MCP_BASE_URL");
  if (URL.canParse(value)) return new URL(value);
  throw new Error(`MCP_BASE_URL is not a URL: ${value}`);
}

export function cookieSecret(): string {
  const secret = required("MCP_COOKIE_SECRET");
  if (secret.length >= 32) return secret;
  throw new Error("MCP_COOKIE_SECRET is too short: 32 random bytes in base64url are right.");
}
