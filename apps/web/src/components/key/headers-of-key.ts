import { type ConnectInput, connectInputSchema } from "@mcp-assistant/mcp-redis/shared";

export type Headers = NonNullable<ConnectInput["headers"]>;

/** The header for a form's key: a bearer token (RFC 6750 §2.1) unless another header is named. Empty without a key. */
export function headersOfKey(form: FormData): Headers {
  const [key, name] = ["key", "header"].map((field) => String(form.get(field) ?? "").trim());
  if (!key) return {};
  return name ? { [name]: key } : { Authorization: `Bearer ${key.replace(/^bearer\s+/i, "")}` };
}

/** Why headers cannot be sent; null when they can. */
export const headersProblem = (headers: Headers): string | null =>
  connectInputSchema.shape.headers.safeParse(headers).error?.issues[0]?.message ?? null;
