import * as z from "zod";

/** What a client may ask for, in the words the consent page uses. */
export const SCOPES = {
  "notes:read": "Search your notes",
  "notes:write": "Create notes",
  "notes:delete": "Delete your notes",
} as const;

export type Scope = keyof typeof SCOPES;

export const ALL_SCOPES: readonly Scope[] = ["notes:read", "notes:write", "notes:delete"];

/** What is asked for at first. The rest is asked for when it is needed, so that nobody gives it who never needs it. */
export const BASIC_SCOPES: readonly Scope[] = ["notes:read", "notes:write"];

const TOOL_SCOPES: ReadonlyMap<string, Scope> = new Map([
  ["search_notes", "notes:read"],
  ["create_note", "notes:write"],
  ["delete_note", "notes:delete"],
]);

const toolCallSchema = z.object({ method: z.literal("tools/call"), params: z.object({ name: z.string() }) });

/** The known scopes of a space separated list (RFC 6749 §3.3); others, such as `offline_access`, are left out. */
export function parseScopes(list: string | undefined): Scope[] {
  const asked = new Set(list?.split(" "));
  return ALL_SCOPES.filter((scope) => asked.has(scope));
}

/** The scope that a JSON-RPC message needs: none, but for the call of a tool. */
export function scopeNeeded(message: unknown): Scope | undefined {
  const { data: call } = toolCallSchema.safeParse(message);
  return call === undefined ? undefined : TOOL_SCOPES.get(call.params.name);
}
