import { type Mcp, type McpUser, SessionNotFoundError } from "@mcp-assistant/core";
import { isMcpSessionError, type McpErrorCode, sessionInputSchema } from "@mcp-assistant/protocol";
import { retryAfterHeader } from "../../router/errors.js";
import { attemptCookie, surplusAttemptCookies } from "./attempt-cookie.js";
import { page, seeOther } from "./page.js";
import { returnToOf } from "./return-to.js";

export interface AuthPageDeps {
  mcp: Mcp;
  /** Who is signed in to the app; null for nobody. Rejects with `USER_ID_INVALID`. */
  user: () => Promise<McpUser | null>;
}

/**
 * `GET /api/mcp/auth/start?session=…`: makes an attempt for the signed-in owner and sends their browser on to the
 * authorization server. `returnTo`, a path of the app, is where its last page leads back to. Without `session` it is the
 * page that a sign-in window shows while the app is connecting.
 *
 * The address can be copied and comes back fresh each time, so it must be the user who opens it: a visit from another
 * site gets a page with one link, and a prefetch nothing.
 */
export async function startSignIn(request: Request, { mcp, user: signedIn }: AuthPageDeps): Promise<Response> {
  const { headers } = request;
  if (/prefetch|prerender/.test(`${headers.get("sec-purpose")} ${headers.get("purpose")}`)) {
    return new Response(null, { status: 403 });
  }
  const elsewhere = otherHost(request, mcp.baseUrl);
  if (elsewhere) return elsewhere;
  const url = new URL(request.url);
  const asked = url.searchParams.get("session");
  if (!asked) return waiting(url.searchParams.get("server"));
  const user = await signedIn();
  if (!user) return signInToTheApp(mcp);
  // Longer than any id: it names nobody's session, and no storage need hear of it.
  const sessionId = sessionInputSchema.safeParse({ sessionId: asked }).data?.sessionId;
  if (sessionId === undefined) return errorPage(new SessionNotFoundError(), mcp);
  const returnTo = returnToOf(url, mcp.baseUrl);
  try {
    if (["cross-site", "same-site"].includes(headers.get("sec-fetch-site") ?? "")) {
      const { serverName, serverUrl } = await user.get(sessionId);
      return page({
        title: `Sign in to ${serverName}?`,
        text: `A link on another page led here. Go on only if you wanted to sign in to ${new URL(serverUrl).host}.`,
        actions: [{ label: "Go on", href: startPath(sessionId, returnTo) }, backToApp(mcp, returnTo)],
      });
    }
    const started = await user.authorization.start(sessionId, { returnTo });
    if (started.kind === "busy") {
      return page({
        title: "One moment",
        text: "This connection is being worked on. The sign-in follows.",
        reloadAfter: 1,
      });
    }
    const cookie = attemptCookie(started.attemptId, started.nonce, mcp.baseUrl);
    return seeOther(started.url, [...surplusAttemptCookies(request, mcp.baseUrl), cookie]);
  } catch (error) {
    return errorPage(error, mcp, { label: "Try again", href: startPath(sessionId, returnTo) });
  }
}

/** `returnTo`: a path of the app that has been checked. */
export const backToApp = ({ baseUrl }: Mcp, returnTo: string | null = null) => ({
  label: "Back to the app",
  href: `${baseUrl}${returnTo ?? "/"}`,
});

export function signInToTheApp(mcp: Mcp): Response {
  return page({
    status: 401,
    title: "You are not signed in to this app",
    text: "Sign in to the app first. Then start the sign-in to the server from there again.",
    actions: [backToApp(mcp)],
  });
}

const statuses: Partial<Record<McpErrorCode, number>> = {
  SESSION_NOT_FOUND: 404,
  RATE_LIMITED: 429,
  STORE_UNAVAILABLE: 503,
};

/** An error of ours as a page that says what to do; anything else is a defect and goes on as one. */
export function errorPage(error: unknown, mcp: Mcp, again?: { label: string; href: string }): Response {
  if (!isMcpSessionError(error)) throw error;
  const retry = again && error.code !== "SESSION_NOT_FOUND" ? [again] : [];
  return page({
    status: statuses[error.code] ?? 400,
    title: error.message,
    text: error.hint,
    actions: [...retry, backToApp(mcp)],
    headers: retryAfterHeader(error),
  });
}

/** For what nobody foresaw, also in the app's own authentication: its text may hold anything and stays on the server. */
export function problemPage(mcp: Mcp): Response {
  return page({
    status: 500,
    title: "The app ran into a problem",
    text: "This page cannot be shown at the moment.",
    hint: "Reload it in a moment. If it keeps happening, tell whoever runs this app.",
    actions: [backToApp(mcp)],
  });
}

/** Our sign-in page for a session, from a page of ours. */
export function startPath(sessionId: string, returnTo: string | null): string {
  const query = new URLSearchParams({ session: sessionId, ...(returnTo === null ? {} : { returnTo }) });
  return `/api/mcp/auth/start?${query}`;
}

function waiting(server: string | null): Response {
  const host = server && /^[\w.:[\]-]{1,255}$/.test(server) ? server : "the server";
  return page({
    title: `Connecting to ${host}…`,
    text: "If it asks for a sign-in, its page opens here. Otherwise this window closes by itself.",
  });
}

/** Cookies belong to one host name: a sign-in begun under another one than it returns to could never be finished. */
function otherHost({ headers }: Request, baseUrl: string): Response | undefined {
  const host = headers.get("x-forwarded-host") ?? headers.get("host");
  const own = new URL(baseUrl).host;
  if (host === null || host === own) return undefined;
  return page({
    status: 400,
    title: "This app has another address",
    text: `You are at ${host}, but sign-ins return to ${own}. Open the app there.`,
    actions: [{ label: `Open ${own}`, href: `${baseUrl}/` }],
  });
}
