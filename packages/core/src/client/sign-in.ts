import { startAuthorization } from "../authorization/sign-in/start.js";
import { AuthorizationRequiredError, ConfigurationError } from "../errors.js";
import type { ClientDeps } from "./client-deps.js";
import type { SessionOfUser } from "./ready.js";

/** The same error with the address of our sign-in page, if it asks for a sign-in. */
export function withAuthUrl({ deps, session }: { deps: ClientDeps; session: SessionOfUser }, error: unknown): unknown {
  if (!(error instanceof AuthorizationRequiredError) || error.authUrl) return error;
  const authUrl = deps.sessions.authUrl(session.sessionId);
  return new AuthorizationRequiredError({ ...error.toJSON(), authUrl, cause: error });
}

/** Starts a sign-in without a browser, and tells the app where it goes. */
export async function redirect(
  deps: ClientDeps,
  session: SessionOfUser,
  onRedirect: (authUrl: string) => void | Promise<void>,
): Promise<void> {
  const started = await startAuthorization(deps, session, { browser: false });
  if (started.kind === "redirect") await onRedirect(started.url);
}

/** Throws a {@link ConfigurationError} that names the class, for an `onRedirect` that is no function. */
export function checkOnRedirect(by: string, onRedirect: unknown): void {
  if (onRedirect === undefined || typeof onRedirect === "function") return;
  throw new ConfigurationError(`${by}: \`onRedirect\` is not a function`, "Pass (authUrl) => { … }, or leave it out.");
}
