import { invalidStateReasons, type Mcp, type Outcome, SessionNotFoundError } from "@mcp-assistant/core";
import type { Connection } from "@mcp-assistant/protocol";
import { type AuthPageDeps, backToApp, errorPage, signInToTheApp } from "./auth-start.js";
import { page } from "./page.js";

/** The page that tells how a sign-in ended: `name` is an attempt's id, or why there is none to show. */
export const resultPath = (baseUrl: string, name: string) => `${baseUrl}/api/mcp/auth/result/${name}`;

/** `GET /api/mcp/auth/result/…`: says what happened, now and at every reload. */
export async function showAttempt(name: string, { mcp, userId }: AuthPageDeps): Promise<Response> {
  const refusal = name === "gone" ? new SessionNotFoundError().message : invalidStateReasons.get(name);
  if (refusal) {
    return page({
      status: 400,
      title: "This sign-in cannot be finished",
      text: `${refusal}.`,
      hint: "Nothing was changed. Go back to the app and sign in from there.",
      actions: [backToApp(mcp)],
    });
  }
  const user = await userId();
  if (!user) return signInToTheApp(mcp);
  try {
    const { finishing, connection, status } = await mcp.authorization.status({ userId: user, attemptId: name });
    if (!connection) return removed(mcp);
    if (finishing) {
      return page({ title: "Finishing the sign-in…", text: "This takes a moment.", reloadAfter: 1 });
    }
    if (connection.state === "CONNECTED" && (status === "declined" || status === "failed")) {
      return stillConnected(mcp, connection, status);
    }
    return resultOf(mcp, connection);
  } catch (error) {
    return errorPage(error, mcp);
  }
}

function resultOf(mcp: Mcp, { state, serverName, error, reason, authUrl, sessionId }: Connection): Response {
  if (state === "CONNECTED") {
    return page({
      title: `Connected to ${serverName}`,
      text: "You can close this window: the app already knows.",
      actions: [backToApp(mcp)],
      closes: true,
    });
  }
  const signIn = { label: "Sign in", href: authUrl ?? startAgain(mcp, sessionId) };
  return page({
    title: error ? `${serverName} is not connected` : `Not signed in to ${serverName}`,
    text: error?.message ?? reason ?? "The sign-in is not finished.",
    ...(error ? { hint: error.hint } : {}),
    actions: [signIn, backToApp(mcp)],
  });
}

/** A sign-in for more than a connection has, without success: it works as before. */
function stillConnected(mcp: Mcp, { serverName, sessionId }: Connection, outcome: Outcome): Response {
  const declined = outcome === "declined";
  const again = { label: "Sign in", href: startAgain(mcp, sessionId) };
  return page({
    title: `${serverName} is still connected`,
    text: declined
      ? "You declined, so nothing was changed."
      : "This sign-in did not succeed. The connection works as it is.",
    actions: declined ? [backToApp(mcp)] : [again, backToApp(mcp)],
    closes: declined,
  });
}

function removed(mcp: Mcp): Response {
  return page({
    title: "This connection was removed",
    text: "The sign-in has nothing to belong to any more.",
    actions: [backToApp(mcp)],
  });
}

const startAgain = ({ baseUrl }: Mcp, sessionId: string) =>
  `${baseUrl}/api/mcp/auth/start?session=${encodeURIComponent(sessionId)}`;
