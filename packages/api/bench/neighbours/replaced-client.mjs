// Callbacks that a user writes by hand into their own browser.

/**
 * Starts a sign-in and ends it with the error that says that the authorization server has forgotten our client. Then it
 * connects again.
 */
export async function replaceClient(visitor, { authUrl, sessionId }) {
  const started = await visitor.visit(authUrl);
  await started.text();
  const retryAfterMs = 1_000 * Number(started.headers.get("retry-after") ?? 0);
  const location = started.headers.get("location");
  if (location === null) return { code: `${started.status}`, retryAfterMs };
  const { origin, searchParams: asked } = new URL(location);
  const callback = new URL(asked.get("redirect_uri"));
  const iss = origin;
  callback.search = new URLSearchParams({ state: asked.get("state"), error: "unauthorized_client", iss });
  const cookie = started.headers
    .getSetCookie()
    .map((each) => each.split(";")[0])
    .join("; ");
  const back = await visitor.visit(callback, { cookie });
  await back.text();
  const { code } = await visitor.ask("trpc/mcp.connections.reconnect", { sessionId });
  return { code: code === "answered" ? "refused" : code, retryAfterMs: 0 };
}
