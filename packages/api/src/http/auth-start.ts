import type { Mcp } from "@mcp-assistant/core";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import { attemptCookie } from "./attempt-cookie.js";
import { page, seeOther } from "./page.js";

export interface AuthPageDeps {
  mcp: Mcp;
  userId: () => Promise<string | null>;
}

/**
 * `GET /api/mcp/auth/start?session=…`: makes an attempt for the signed-in owner and sends his browser on to the
 * authorization server. Without `session` it is the page that a sign-in window shows while the app is connecting.
 *
 * The address can be copied and comes back fresh each time, so it must be the user who opens it: a visit from another
 * site gets a page with one link, and a prefetch nothing.
 */
export async function startSignIn(request: Request, { mcp, userId }: AuthPageDeps): Promise<Response> {
  const { headers } = request;
  if (/prefetch|prerender/.test(`${headers.get("sec-purpose")} ${headers.get("purpose")}`)) {
    return new Response(null, { status: 403 });
  }
  const elsewhere = otherHost(request, mcp.baseUrl);
  if (elsewhere) return elsewhere;
  const { searchParams } = new URL(request.url);
  const sessionId = searchParams.get("session");
  if (!sessionId) return waiting(searchParams.get("server"));
  const user = await userId();
  if (!user) return signInToTheApp(mcp);
  if (["cross-site", "same-site"].includes(headers.get("sec-fetch-site") ?? "")) {
    return page({
      title: "Sign in to a server",
      text: "A link on another page led here. Go on only if you wanted to sign in to one of your servers.",
      actions: [{ label: "Go on", href: pathOf(sessionId) }, backToApp(mcp)],
    });
  }
  try {
    const started = await mcp.authorization.start({ userId: user, sessionId });
    if (started.kind === "busy") {
      return page({
        title: "One moment",
        text: "This connection is being worked on. The sign-in follows.",
        reloadAfter: 1,
      });
    }
    return seeOther(started.url, [attemptCookie(started.attemptId, started.nonce, mcp.baseUrl)]);
  } catch (error) {
    return errorPage(error, mcp, { label: "Try again", href: pathOf(sessionId) });
  }
}

export const backToApp = ({ baseUrl }: Mcp) => ({ label: "Back to the app", href: `${baseUrl}/` });

export function signInToTheApp(mcp: Mcp): Response {
  return page({
    status: 401,
    title: "You are not signed in to this app",
    text: "Open the app, and start the sign-in from there.",
    actions: [backToApp(mcp)],
  });
}

/** An error of ours as a page that says what to do; anything else is a defect and goes on as one. */
export function errorPage(error: unknown, mcp: Mcp, again?: { label: string; href: string }): Response {
  if (!isMcpSessionError(error)) throw error;
  const retry = again && error.code !== "SESSION_NOT_FOUND" ? [again] : [];
  const status = error.code === "SESSION_NOT_FOUND" ? 404 : error.code === "STORE_UNAVAILABLE" ? 503 : 400;
  return page({ status, title: error.message, text: error.hint, actions: [...retry, backToApp(mcp)] });
}

const pathOf = (sessionId: string) => `/api/mcp/auth/start?session=${encodeURIComponent(sessionId)}`;

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
