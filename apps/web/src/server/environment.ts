import { McpSessionError } from "@mcp-assistant/mcp-redis/shared";

// Read when first needed and not when the module loads: `next build` runs without them.

const start = "`pnpm start` sets it; set it yourself when you start the app in another way.";

/** A setting that cannot work, in the words of the ones that mcp-redis finds. */
export const wrongSetting = (message: string, hint: string) =>
  new McpSessionError({ code: "CONFIGURATION_INVALID", message, hint, retryable: false });

function required(name: "MCP_BASE_URL" | "MCP_COOKIE_SECRET"): string {
  const value = process.env[name];
  if (value) return value;
  throw wrongSetting(`${name} is not set`, start);
}

/** Whether it can be the app's own address is for mcp-redis to say, at the start. */
export function baseUrl(): URL {
  const value = required("MCP_BASE_URL");
  if (URL.canParse(value)) return new URL(value);
  throw wrongSetting("MCP_BASE_URL is not a URL", "Give the app's own address, such as https://app.example.com.");
}

export function cookieSecret(): string {
  const secret = required("MCP_COOKIE_SECRET");
  if (secret.length >= 32) return secret;
  throw wrongSetting("MCP_COOKIE_SECRET is too short", "Give 32 random bytes in base64url.");
}

/** Seconds that a sign-in may take, if `MCP_ATTEMPT_TTL_S` says it. */
export function attemptTtl(): number | undefined {
  const text = process.env.MCP_ATTEMPT_TTL_S;
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw wrongSetting(`MCP_ATTEMPT_TTL_S is "${text}"`, "Give a whole number of seconds from 1 to 600.");
}
