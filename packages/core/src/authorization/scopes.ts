/** RFC 6749 §3.3. No real scope is longer than this. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;

/** The maximum length (characters) of a scope list, which goes into a URL and into a record. */
const maxScopeLength = 4_096;

/** How many scopes a text for users may name, and how long (characters) each may be. */
const maxShownScopes = 5;
const maxShownLength = 100;

const tokensOf = (scope: string | null | undefined) => (scope ?? "").split(/\s+/).filter(Boolean);

/**
 * Unites scope lists: each scope once, in order. Malformed scopes are left out, and so are those that would make the
 * list too long, because the lists come from unvetted servers.
 */
export function uniteScopes(...lists: readonly (string | null | undefined)[]): string | undefined {
  let united = "";
  for (const token of new Set(lists.flatMap(tokensOf))) {
    const longer = united ? `${united} ${token}` : token;
    if (scopeToken.test(token) && longer.length <= maxScopeLength) united = longer;
  }
  return united || undefined;
}

/** The scopes in `list` that are also in `supported`; the whole list if it is unknown what is supported. */
export function supportedScopes(
  list: string | undefined,
  supported: readonly string[] | undefined,
): string | undefined {
  return supported ? uniteScopes(...tokensOf(list).filter((token) => supported.includes(token))) : list;
}

/**
 * Everything in a list of supported scopes. Undefined if that is too long for a scope list: a part of it could lack what
 * a server needs.
 */
export function everyScope(supported: readonly string[] | undefined): string | undefined {
  const tokens = new Set((supported ?? []).flatMap(tokensOf).filter((token) => scopeToken.test(token)));
  const scope = [...tokens].join(" ");
  return scope && scope.length <= maxScopeLength ? scope : undefined;
}

/** Whether `held` contains every scope in `wanted`. */
export function covers(held: string, wanted: string | undefined): boolean {
  const tokens = new Set(tokensOf(held));
  return tokensOf(wanted).every((token) => tokens.has(token));
}

/**
 * The scopes in `wanted` that are not in `granted`, for a text that users read. Empty if one of them is not fit to be
 * shown or there are too many.
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
  /** What the operator has set for this authorization server. */
  configured?: string | null | undefined;
  /** What the current sign-in has. The next one must not lose it. */
  granted?: string | null | undefined;
}

/** What a server's metadata says about scopes (RFC 9728 §2, RFC 8414 §2). */
interface ScopeDocuments {
  resourceMetadata?: { scopes_supported?: readonly string[] | undefined } | undefined;
  authorizationServerMetadata?: { scopes_supported?: readonly string[] | undefined } | undefined;
}

/**
 * The scope to ask for (MCP authorization, scope selection): what the challenge names, or else everything that the
 * resource offers, or else what is configured. Scopes already granted are added. So is `offline_access`, if the
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
