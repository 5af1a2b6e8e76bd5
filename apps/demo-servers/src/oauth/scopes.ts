import * as z from "zod";

/** The scopes that a client may ask for, with the words of the consent page. */
export const SCOPES = {
  "notes:read": "Search your notes",
  "notes:write": "Create notes",
  "notes:delete": "Delete your notes",
} as const;

export type Scope = keyof typeof SCOPES;

export const ALL_SCOPES: readonly Scope[] = ["notes:read", "notes:write", "notes:delete"];

/** The scopes requested at first. Others are requested when needed, so that users grant them only if they need them. */
export const BASIC_SCOPES: readonly Scope[] = ["notes:read", "notes:write"];

const TOOL_SCOPES: ReadonlyMap<string, Scope> = new Map([
  ["search_notes", "notes:read"],
  ["create_note", "notes:write"],
  ["delete_note", "notes:delete"],
]);

/** Each of these shows notes, or parts of them. */
const READING: ReadonlySet<string> = new Set([
  "resources/list",
  "resources/read",
  "prompts/get",
  "completion/complete",
]);

const messageSchema = z.object({
  method: z.string(),
  params: z.object({ name: z.unknown() }).optional().catch(undefined),
});

/** The known scopes in a space-separated list (RFC 6749 §3.3). Others, such as `offline_access`, are left out. */
export function parseScopes(list: string | undefined): Scope[] {
  const asked = new Set(list?.split(" "));
  return ALL_SCOPES.filter((scope) => asked.has(scope));
}

/** The scope that a JSON-RPC message needs. Only calls and what shows notes need one. */
export function scopeNeeded(message: unknown): Scope | undefined {
  const { method = "", params } = messageSchema.safeParse(message).data ?? {};
  if (READING.has(method)) return "notes:read";
  return method === "tools/call" ? TOOL_SCOPES.get(String(params?.name)) : undefined;
}
