import { invalidStateReasons, type Mcp } from "@mcp-assistant/core";
import type { Connection } from "@mcp-assistant/protocol";
import { page } from "./page.js";
import { returnPath } from "./return-to.js";
import { type AuthPageDeps, backToApp, errorPage, signInToTheApp, startPath } from "./start.js";

/** The page that tells how a sign-in ended: `name` is an attempt's id, or why there is none to show. */
export const resultPath = (baseUrl: string, name: string) => `${baseUrl}/api/mcp/auth/result/${name}`;

const cannotBeFinished = "This sign-in cannot be finished";

/** `GET /api/mcp/auth/result/…`: says what happened, now and at every reload. */
export async function showAttempt(name: string, { mcp, user: signedIn }: AuthPageDeps): Promise<Response> {
  if (name === "no-user") return signInToTheApp(mcp);
  if (name === "gone") return removed(mcp, null);
  const refusal = invalidStateReasons.get(name);
  if (refusal) {
    return page({
      status: 400,
      title: cannotBeFinished,
      text: `${refusal}.`,
      hint: "Nothing was changed. Go back to the app and sign in from there.",
      actions: [backToApp(mcp)],
    });
  }
  const user = await signedIn();
  if (!user) return signInToTheApp(mcp);
  try {
    const status = await user.authorization.status(name);
    const { finishing, connection, overtaken } = status;
    // It was checked when it came; whoever can write to the storage is not asked where people go.
    const returnTo = returnPath(status.returnTo, mcp.baseUrl);
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
      text: returnTo ? "The app goes on in a moment." : "You can close this window: the app already knows.",
      actions: [back],
      closes: true,
      goesOn: returnTo !== null,
    });
  }
  return page({
    title: error ? `${serverName} is not connected` : `Not signed in to ${serverName}`,
    text: `${error?.message ?? reason ?? "The sign-in is not finished"}.`,
    ...(error ? { hint: error.hint } : {}),
    actions: [{ label: "Sign in", href: startPath(sessionId, returnTo) }, back],
  });
}

/** What was signed in here counts no longer: something else has become of the connection, and its record says what. */
function overtakenBy(mcp: Mcp, connection: Connection, returnTo: string | null): Response {
  const { state, serverName, error, reason, sessionId } = connection;
  const back = backToApp(mcp, returnTo);
  if (state === "CONNECTED") {
    return page({
      status: 400,
      title: "Another window was first",
      text: `${serverName} is connected with the sign-in of that window. This one was not used.`,
      actions: [back],
    });
  }
  if (state === "DISCONNECTED" || state === "FAILED") {
    return page({
      status: 400,
      title: cannotBeFinished,
      text: `${error?.message ?? reason ?? `${serverName} was disconnected meanwhile`}.`,
      hint: `Nothing was changed. To use ${serverName}, sign in again.`,
      actions: [back, { label: "Sign in again", href: startPath(sessionId, returnTo) }],
    });
  }
  if (state === "AUTHENTICATING") {
    return page({
      status: 400,
      title: cannotBeFinished,
      text: `Another sign-in to ${serverName} was begun since.`,
      hint: "Nothing was changed. Finish that one, or begin anew from the app.",
      actions: [back],
    });
  }
  return page({
    title: "Another window was first",
    text: `${serverName} is being connected with the sign-in of that window.`,
    reloadAfter: 1,
  });
}

/** A sign-in for more than a connection has, without success: it works as before. */
function stillConnected(
  mcp: Mcp,
  { serverName, sessionId }: Connection,
  { outcome, returnTo }: { outcome: "declined" | "failed"; returnTo: string | null },
): Response {
  const declined = outcome === "declined";
  const [again, back] = [{ label: "Sign in", href: startPath(sessionId, returnTo) }, backToApp(mcp, returnTo)];
  return page({
    title: `${serverName} is still connected`,
    text: declined
      ? "You declined, so nothing was changed."
      : "This sign-in did not succeed. The connection works as it is.",
    actions: declined ? [back] : [again, back],
    closes: declined,
  });
}

function removed(mcp: Mcp, returnTo: string | null): Response {
  return page({
    status: 400,
    title: "This connection was removed",
    text: "The sign-in has nothing to belong to any more.",
    hint: "To use the server again, connect it anew in the app.",
    actions: [backToApp(mcp, returnTo)],
  });
}
