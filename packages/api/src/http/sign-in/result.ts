import { invalidStateReasons, type Mcp } from "@mcp-assistant/core";
import type { Connection } from "@mcp-assistant/protocol";
import { page } from "./page.js";
import { returnPath } from "./return-to.js";
import { type AuthPageDeps, backToApp, errorPage, signInToTheApp, startPath } from "./start.js";

/** The page that shows how a sign-in ended. `name` is an attempt's id, or why there is no attempt to show. */
export const resultUrl = ({ baseUrl, basePath }: Mcp, name: string) => `${baseUrl}${basePath}/auth/result/${name}`;

const cannotBeFinished = "This sign-in cannot be completed";

/** `GET …/auth/result/…`: shows what happened, and shows it again at every reload. */
export async function showAttempt(name: string, { mcp, user: signedIn }: AuthPageDeps): Promise<Response> {
  if (name === "no-user") return signInToTheApp(mcp);
  if (name === "gone") return removed(mcp, null);
  const refusal = invalidStateReasons.get(name);
  if (refusal) {
    return page({
      status: 400,
      title: cannotBeFinished,
      text: `${refusal}.`,
      hint: "Nothing has changed. Go back to the app and sign in from there.",
      actions: [backToApp(mcp)],
    });
  }
  const user = await signedIn();
  if (!user) return signInToTheApp(mcp);
  try {
    const status = await user.authorization.status(name);
    const { finishing, connection, overtaken } = status;
    // It was checked before it was stored. Checking it again keeps write access to the storage from redirecting users.
    const returnTo = returnPath(status.returnTo, mcp);
    if (!connection) return removed(mcp, returnTo);
    if (finishing) {
      return page({ title: "Finishing the sign-in…", text: "This takes a moment.", reloadAfter: 1 });
    }
    if (overtaken) return overtakenBy(mcp, connection, returnTo);
    if (connection.state === "CONNECTED" && (status.status === "declined" || status.status === "failed")) {
      return stillConnected(mcp, connection, { outcome: status.status, returnTo });
    }
    return resultOf(mcp, connection, returnTo);
  } catch (error) {
    return errorPage(error, mcp);
  }
}

function resultOf(mcp: Mcp, connection: Connection, returnTo: string | null): Response {
  const { state, serverName, error, reason, sessionId } = connection;
  const back = backToApp(mcp, returnTo);
  if (state === "CONNECTED") {
    return page({
      title: `Connected to ${serverName}`,
      text: returnTo ? "Taking you back to the app…" : "You're connected. You can close this window.",
      actions: [back],
      closes: true,
      redirects: returnTo !== null,
    });
  }
  return page({
    title: error ? `${serverName} is not connected` : `Not signed in to ${serverName}`,
    text: `${error?.message ?? reason ?? "The sign-in is not complete"}.`,
    hint: error?.hint,
    operatorHint: error?.operatorHint,
    actions: [{ label: "Sign in", href: startPath(mcp, sessionId, returnTo) }, back],
  });
}

/** For a sign-in that no longer counts because the connection has moved on: its record says how. */
function overtakenBy(mcp: Mcp, connection: Connection, returnTo: string | null): Response {
  const { state, serverName, error, reason, sessionId } = connection;
  const back = backToApp(mcp, returnTo);
  if (state === "CONNECTED") {
    return page({
      status: 400,
      title: "You signed in from another window",
      text: `${serverName} is connected with the sign-in from that window. This one was not used.`,
      actions: [back],
    });
  }
  if (state === "DISCONNECTED" || state === "FAILED") {
    return page({
      status: 400,
      title: cannotBeFinished,
      text: `${error?.message ?? reason ?? `${serverName} has been disconnected in the meantime`}.`,
      hint: `Nothing has changed. To use ${serverName}, sign in again.`,
      actions: [back, { label: "Sign in again", href: startPath(mcp, sessionId, returnTo) }],
    });
  }
  if (state === "AUTHENTICATING") {
    return page({
      status: 400,
      title: cannotBeFinished,
      text: `You have started another sign-in to ${serverName} since then.`,
      hint: "Nothing has changed. Finish that one, or start again from the app.",
      actions: [back],
    });
  }
  return page({
    title: "You signed in from another window",
    text: `${serverName} is connecting with the sign-in from that window.`,
    reloadAfter: 1,
  });
}

/** For an unsuccessful sign-in for more permission: the connection works as before. */
function stillConnected(
  mcp: Mcp,
  { serverName, sessionId }: Connection,
  { outcome, returnTo }: { outcome: "declined" | "failed"; returnTo: string | null },
): Response {
  const declined = outcome === "declined";
  const [again, back] = [{ label: "Sign in", href: startPath(mcp, sessionId, returnTo) }, backToApp(mcp, returnTo)];
  return page({
    title: `${serverName} is still connected`,
    text: declined ? "You declined, so nothing has changed." : "This sign-in failed. The connection works as before.",
    actions: declined ? [back] : [again, back],
    closes: declined,
  });
}

function removed(mcp: Mcp, returnTo: string | null): Response {
  return page({
    status: 400,
    title: "This connection was removed",
    text: "You can't finish signing in to a connection that no longer exists.",
    hint: "To use the server again, connect to it in the app.",
    actions: [backToApp(mcp, returnTo)],
  });
}
