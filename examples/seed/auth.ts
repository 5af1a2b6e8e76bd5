// STAND-IN for your app's own sign-in, which gave each of its users a token.
const users: ReadonlyMap<string, string> = new Map([
  ["token-of-ada", "ada"],
  ["token-of-grace", "grace"],
]);

/** The id of the user who sent a request with this Authorization header, or null. */
export function userOf(authorization: string | null | undefined): string | null {
  const [, token = ""] = /^Bearer (\S+)$/.exec(authorization ?? "") ?? [];
  return users.get(token) ?? null;
}
