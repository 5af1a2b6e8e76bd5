import { defaultBasePath, type Mcp, type McpUser, SessionNotFoundError } from "@mcp-assistant/core";
import {
  errorCatalogue,
  isMcpSessionError,
  type McpErrorCode,
  sessionInputSchema,
  statusOf,
} from "@mcp-assistant/protocol";
import { retryAfterHeader } from "../../router/errors.js";
import { browserAddress, sharesCookies } from "../edge/browser-address.js";
import { attemptCookie, surplusAttemptCookies } from "./attempt-cookie.js";
import { page, seeOther } from "./page.js";
import { returnToOf } from "./return-to.js";

export interface AuthPageDeps {
  mcp: Mcp;
  /** The user who is signed in to the app, or null. Rejects with `USER_ID_INVALID`. */
  user: () => Promise<McpUser | null>;
}

/**
 * `GET …/auth/start?session=…`: starts an attempt for the signed-in owner and sends their browser on to the
 * authorization server. `returnTo` is the path of the app that the last page leads back to. Without `session`, this is
 * the page that a sign-in window shows while the app is connecting.
 *
 * The address can be copied and starts a new attempt at every visit, so it must be the user who opens it: a visit from
 * another site gets a page that asks first, and a prefetch gets an empty 403.
 */
export async function startSignIn(request: Request, { mcp, user: signedIn }: AuthPageDeps): Promise<Response> {
  const { headers } = request;
  if (/prefetch|prerender/.test(`${headers.get("sec-purpose")} ${headers.get("purpose")}`)) {
    return new Response(null, { status: 403 });
  }
  const elsewhere = otherHost(request, mcp);
  if (elsewhere) return elsewhere;
  const url = new URL(request.url);
  const asked = url.searchParams.get("session");
  if (!asked) return waiting(url.searchParams.get("server"));
  const user = await signedIn();
  if (!user) return signInToTheApp(mcp);
  // An id that is too long cannot exist, so the storage is not asked for it.
  const sessionId = sessionInputSchema.safeParse({ sessionId: asked }).data?.sessionId;
  if (sessionId === undefined) return errorPage(new SessionNotFoundError(), mcp);
  const returnTo = returnToOf(url, mcp);
  try {
    if (["cross-site", "same-site"].includes(headers.get("sec-fetch-site") ?? "")) {
      const { serverName, serverUrl } = await user.get(sessionId);
      return page({
        title: `Sign in to ${serverName}?`,
        text: `You followed a link on another page. Continue only if you wanted to sign in to ${new URL(serverUrl).host}.`,
        actions: [{ label: "Continue", href: startPath(mcp, sessionId, returnTo) }, backToApp(mcp, returnTo)],
      });
    }
    const started = await user.authorization.start(sessionId, { returnTo });
    if (started.kind === "busy") {
      return page({
        title: "One moment",
        text: "This connection is busy. The sign-in starts as soon as it is ready.",
        reloadAfter: 1,
      });
    }
    const cookie = attemptCookie(started.attemptId, started.nonce, mcp.baseUrl);
    return seeOther(started.url, [...surplusAttemptCookies(request, mcp.baseUrl), cookie]);
  } catch (error) {
    return errorPage(error, mcp, { again: { label: "Try again", href: startPath(mcp, sessionId, returnTo) } });
  }
}

/** `returnTo`: a checked path of the app. */
export const backToApp = (mcp: Mcp, returnTo: string | null = null) => ({
  label: "Back to the app",
  href: `${mcp.baseUrl}${returnTo ?? homePath(mcp)}`,
});

/** The app's first page. An app below `/path` has its handler at `/path/api/mcp`. */
const homePath = ({ basePath }: Mcp) =>
  basePath.endsWith(defaultBasePath) ? `${basePath.slice(0, -defaultBasePath.length)}/` : "/";

export function signInToTheApp(mcp: Mcp): Response {
  return page({
    status: 401,
    title: "You are not signed in to this app",
    text: "Sign in to the app first. Then start signing in to the server again from there.",
    actions: [backToApp(mcp)],
  });
}

const statuses: Partial<Record<McpErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  ACCESS_DENIED: 403,
  SESSION_NOT_FOUND: 404,
  RATE_LIMITED: 429,
};

interface ErrorPageOptions {
  /** The primary action. */
  again?: { label: string; href: string };
  /** Seconds after which the page reloads. */
  reloadAfter?: number;
}

/** A page for one of our errors that says what to do. Any other error is a defect and is thrown again. */
export function errorPage(error: unknown, mcp: Mcp, { again, reloadAfter }: ErrorPageOptions = {}): Response {
  if (!isMcpSessionError(error)) throw error;
  const info = error.toJSON();
  const { code, message, hint, operatorHint } = info;
  const retry = again && code !== "SESSION_NOT_FOUND" ? [again] : [];
  return page({
    status: statuses[code] ?? (statusOf(info) === 503 ? 503 : 400),
    // Its message is the developers' word: people know connections.
    title: code === "SESSION_NOT_FOUND" ? errorCatalogue[code].title : message,
    text: hint,
    operatorHint,
    actions: [...retry, backToApp(mcp)],
    headers: retryAfterHeader(error),
    ...(reloadAfter === undefined ? {} : { reloadAfter }),
  });
}

/** For an unexpected error, also of the app's own authentication. Its text may hold secrets and stays on the server. */
export function problemPage(mcp: Mcp): Response {
  return page({
    status: 500,
    title: "Something went wrong in the app",
    text: "This page cannot be shown right now.",
    hint: "Reload it in a moment. If it keeps happening, contact the people who run this app.",
    actions: [backToApp(mcp)],
  });
}

/** The address of the start page for a session, relative to our own pages. */
export function startPath({ basePath }: Mcp, sessionId: string, returnTo: string | null): string {
  const query = new URLSearchParams({ session: sessionId, ...(returnTo === null ? {} : { returnTo }) });
  return `${basePath}/auth/start?${query}`;
}

function waiting(server: string | null): Response {
  const host = server && /^[\w.:[\]-]{1,255}$/.test(server) ? server : "the server";
  return page({
    title: `Connecting to ${host}…`,
    text: "If the server asks you to sign in, its page opens here. Otherwise this window closes automatically.",
  });
}

/** Cookies belong to one host name, so a sign-in that starts under one host and returns to another cannot finish. */
function otherHost(request: Request, mcp: Mcp): Response | undefined {
  const { baseUrl, trustProxy } = mcp;
  const seen = browserAddress(request, trustProxy);
  if (sharesCookies(seen, baseUrl)) return undefined;
  const own = new URL(baseUrl).host;
  const at = seen.scheme === null ? seen.host : `${seen.scheme}://${seen.host}`;
  return page({
    status: 400,
    title: "Open this app at its own address",
    text: `To sign in, open this app at ${seen.scheme === null ? own : baseUrl}. You are at ${at}.`,
    operatorHint: hostHint(request, mcp),
    actions: [{ label: `Open ${own}`, href: `${baseUrl}${homePath(mcp)}` }],
  });
}

function hostHint({ headers }: Request, { baseUrl, trustProxy }: Mcp): string {
  const ifUsed = `If people use another address than ${baseUrl}, set baseUrl to it.`;
  if (trustProxy > 0) {
    return `${ifUsed} Otherwise a proxy reports the wrong X-Forwarded-Host or -Proto, or trustProxy is not the number of your proxies.`;
  }
  return headers.has("x-forwarded-host")
    ? `${ifUsed} If the X-Forwarded-Host is from a proxy of yours, set trustProxy: true in createMcp.`
    : `${ifUsed} Otherwise a proxy replaces the Host. Keep it: proxy_set_header Host $http_host in nginx, changeOrigin: false in Vite.`;
}
