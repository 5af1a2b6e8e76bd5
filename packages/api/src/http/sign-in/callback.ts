import { InvalidStateError } from "@mcp-assistant/core";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import { expiredAttemptCookie, readAttemptCookie } from "./attempt-cookie.js";
import { addressesOf } from "./callback-address.js";
import { reloadCallback, reloadForgotten } from "./callback-reload.js";
import { seeOther } from "./page.js";
import { resultUrl } from "./result.js";
import { type AuthPageDeps, errorPage } from "./start.js";

/** How soon (s) a callback is loaded again for which there was no room. */
const busySeconds = 2;

const isLackOfRoom = (error: unknown) => isMcpSessionError(error) && error.code === "LIMIT_EXCEEDED" && error.retryable;

/**
 * `GET …/auth/issuer/…` and `…/auth/callback`: where the authorization server sends the browser back to. Finishes the
 * sign-in and redirects to a page without a query, so that no code stays in an address that can be reloaded or copied.
 */
export async function finishSignIn(request: Request, { mcp, user: signedIn }: AuthPageDeps): Promise<Response> {
  const { baseUrl } = mcp;
  const user = await signedIn();
  const reload = user ? undefined : reloadCallback(request, baseUrl);
  if (reload) return reload;
  const endAt = (name: string, cookies: readonly string[] = []) =>
    seeOther(resultUrl(mcp, name), [...cookies, ...reloadForgotten(request, baseUrl)]);
  if (!user) return endAt("no-user");
  try {
    const { attemptId } = await user.authorization.finish({
      params: new URL(request.url).searchParams,
      cameTo: addressesOf(request, mcp),
      nonceOf: (attempt) => readAttemptCookie(request, attempt, baseUrl),
    });
    return endAt(attemptId, [expiredAttemptCookie(attemptId, baseUrl)]);
  } catch (error) {
    if (error instanceof InvalidStateError) return endAt(error.attemptId ?? error.reason);
    if (isMcpSessionError(error) && error.code === "SESSION_NOT_FOUND") return endAt("gone");
    // The attempt is still open, and the address of the page that a browser loads again is the callback's.
    return errorPage(error, mcp, isLackOfRoom(error) ? { reloadAfter: busySeconds } : {});
  }
}
