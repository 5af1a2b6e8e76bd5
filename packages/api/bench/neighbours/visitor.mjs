// One user of the app, as a program over HTTP.

/** Of an answer without one of our errors in it, its status. `retryAfterMs`: how long the app asks to wait. */
async function outcomeOf(response) {
  const retryAfterMs = 1_000 * Number(response.headers.get("retry-after") ?? 0);
  if (response.status < 300) {
    // Large answers are read as a browser does, but not kept.
    for await (const _chunk of response.body ?? []);
    return { code: "answered", retryAfterMs };
  }
  const [, code = `${response.status}`] = /"code":"([A-Z_]+)","message"/.exec(await response.text()) ?? [];
  return { code, retryAfterMs };
}

export function visitorOf(origin, userId, signal) {
  const headers = { authorization: `Bearer ${userId}`, "content-type": "application/json" };
  /** The answer of any address below the handler's, or of a whole URL. */
  const visit = (path, { body, ...more } = {}) =>
    fetch(new URL(path, `${origin}/api/mcp/`), {
      headers: { ...headers, ...more },
      redirect: "manual",
      signal,
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
  const ask = async (path, body) => outcomeOf(await visit(path, { body }));
  return {
    visit,
    ask,
    call: (sessionId, name = "whoami") => ask("tool/call", { sessionId, name }),
    /** Throws if there is no connection afterwards. */
    connect: async (input) => {
      const connection = await (await visit("connect", { body: input })).json();
      if (!connection.sessionId || connection.error)
        throw new Error(`An ordinary connect failed: ${JSON.stringify(connection.error)}`);
      return connection;
    },
  };
}
