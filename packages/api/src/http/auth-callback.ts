import { InvalidStateError } from "@mcp-assistant/core";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import { expiredAttemptCookie, readAttemptCookie } from "./attempt-cookie.js";
import { resultPath } from "./auth-result.js";
import { type AuthPageDeps, errorPage, signInToTheApp } from "./auth-start.js";
import { seeOther } from "./page.js";

/**
 * `GET /api/mcp/auth/callback`: where the authorization server sends the browser back to. Finishes the sign-in and
 * redirects to a page without a query, so that no code stays in an address that can be reloaded or copied.
 */
export async function finishSignIn(request: Request, { mcp, userId }: AuthPageDeps): Promise<Response> {
  const user = await userId();
  if (!user) return signInToTheApp(mcp);
  const { baseUrl } = mcp;
  try {
    const { attemptId } = await mcp.authorization.finish({
      userId: user,
      params: new URL(request.url).searchParams,
      nonceOf: (attempt) => readAttemptCookie(request, attempt, baseUrl),
    });
    return seeOther(resultPath(baseUrl, attemptId), [expiredAttemptCookie(attemptId, baseUrl)]);
  } catch (error) {
    if (error instanceof InvalidStateError) return seeOther(resultPath(baseUrl, error.reason));
    if (isMcpSessionError(error) && error.code === "SESSION_NOT_FOUND") return seeOther(resultPath(baseUrl, "gone"));
    return errorPage(error, mcp);
  }
}
