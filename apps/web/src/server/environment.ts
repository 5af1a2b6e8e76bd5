import { McpSessionError } from "@mcp-assistant/mcp-redis/shared";

// Settings are read when first needed, not when the module loads: `next build` runs without them.

const start = "`pnpm start` sets it. Set it yourself if you start the app another way.";

/** The error for an unusable setting, in the same form as those of mcp-redis. */
export const wrongSetting = (message: string, hint: string) =>
  new McpSessionError({ code: "CONFIGURATION_INVALID", message, hint, retryable: false });

function required(name: "MCP_BASE_URL" | "MCP_COOKIE_SECRET"): string {
  const value = process.env[name];
  if (value) return value;
  throw wrongSetting(`${name} is not set`, start);
}

/** The app's own address. mcp-redis checks at startup whether it is usable as one. */
export function baseUrl(): URL {
  const value = required("MCP_BASE_URL");
  if (URL.canParse(value)) return new URL(value);
  throw wrongSetting("MCP_BASE_URL is not a URL", "Set it to the app's own address, such as https://app.example.com.");
}

export function cookieSecret(): string {
  const secret = required("MCP_COOKIE_SECRET");
  if (secret.length >= 32) return secret;
  throw wrongSetting("MCP_COOKIE_SECRET is too short", "Set it to 32 random bytes in base64url.");
}

/** How many seconds a sign-in may take, from `MCP_ATTEMPT_TTL_S`; undefined when it is not set. */
export function attemptTtl(): number | undefined {
  const text = process.env.MCP_ATTEMPT_TTL_S;
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw wrongSetting(`MCP_ATTEMPT_TTL_S is "${text}"`, "Set it to a whole number of seconds from 1 to 600.");
}

/** How many proxies in front of the app are trusted, from `MCP_TRUST_PROXY`; 0 when it is not set. */
export function trustProxy(): number {
  const text = process.env.MCP_TRUST_PROXY;
  if (!text) return 0;
  if (/^(?:\d|10)$/.test(text)) return Number(text);
  throw wrongSetting(`MCP_TRUST_PROXY is "${text}"`, "Set it to the number of your proxies, from 0 to 10.");
}
