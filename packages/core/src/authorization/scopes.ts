/** RFC 6749 §3.3; nobody's is longer than this. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;

/** How many characters a list of scopes may have: it goes into an address, and into a record. */
const maxScopeLength = 4_096;

/** How many scopes a text for people names, and how long (characters) each may be. */
const maxShownScopes = 5;
const maxShownLength = 100;

const tokensOf = (scope: string | null | undefined) => (scope ?? "").split(/\s+/).filter(Boolean);

/**
 * Every scope of the lists once, in their order. What is no scope token is left out, and so is what makes it too long:
 * the lists are the words of servers that nobody vetted.
 */
export function uniteScopes(...lists: readonly (string | null | undefined)[]): string | undefined {
  let united = "";
  for (const token of new Set(lists.flatMap(tokensOf))) {
    const longer = united ? `${united} ${token}` : token;
    if (scopeToken.test(token) && longer.length <= maxScopeLength) united = longer;
  }
  return united || undefined;
}

/** What of a list is in `supported`, too; all of it where nobody has said what is supported. */
export function supportedScopes(
  list: string | undefined,
  supported: readonly string[] | undefined,
): string | undefined {
  return supported ? uniteScopes(...tokensOf(list).filter((token) => supported.includes(token))) : list;
}

/** Whether everything in `wanted` is in `held`, too. */
export function covers(held: string, wanted: string | undefined): boolean {
  const tokens = new Set(tokensOf(held));
  return tokensOf(wanted).every((token) => tokens.has(token));
}

/**
 * The scopes of `wanted` that are not in `granted`, for a text that people read; none when there is something among them
 * that is not fit to be shown.
 */
export function scopesToShow(wanted: string | null | undefined, granted: string | null | undefined): readonly string[] {
  const held = new Set(tokensOf(granted));
  const missing = [...new Set(tokensOf(wanted))].filter((token) => !held.has(token));
  const fit = missing.every((token) => scopeToken.test(token) && token.length <= maxShownLength);
  return fit && missing.length <= maxShownScopes ? missing : [];
}

export interface ScopeSources {
  /** What the server's last challenge named (RFC 6750 §3). */
  challenged?: string | null | undefined;
  /** What an operator has set for this authorization server. */
  configured?: string | null | undefined;
  /** What the present sign-in has, and the next one must not lose. */
  granted?: string | null | undefined;
}

/** What a server's documents say of scopes (RFC 9728 §2, RFC 8414 §2). */
interface ScopeDocuments {
  resourceMetadata?: { scopes_supported?: readonly string[] | undefined } | undefined;
  authorizationServerMetadata?: { scopes_supported?: readonly string[] | undefined } | undefined;
}

/**
 * The scope to ask for (MCP authorization, scope selection): what the challenge named, else all that the resource
 * offers, else what is configured; together with what is granted already, and with `offline_access` where the
 * authorization server knows it, so that the sign-in lasts.
 */
export function chooseScope(
  { resourceMetadata, authorizationServerMetadata }: ScopeDocuments,
  { challenged, configured, granted }: ScopeSources,
): string | undefined {
  const offered = resourceMetadata?.scopes_supported?.join(" ");
  const wanted = uniteScopes(challenged) ?? uniteScopes(offered) ?? uniteScopes(configured);
  const scope = uniteScopes(granted, wanted);
  const offline = authorizationServerMetadata?.scopes_supported?.includes("offline_access");
  return scope && offline ? uniteScopes(scope, "offline_access") : scope;
}
