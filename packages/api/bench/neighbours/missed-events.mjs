// Event streams that begin at an old place in the log.

const address = (lastEventId) =>
  `trpc/mcp.events.subscribe?input=${encodeURIComponent(JSON.stringify({ lastEventId }))}`;

/** How long (ms) a stream is silent once it has sent what was missed, and how long its beginning may take. */
const [silentMs, patienceMs] = [100, 10_000];

/** The texts of an event stream until it is silent for so many ms, or its reader takes no more. */
async function* read(response, maxSilentMs) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      let timer;
      const silence = new Promise((resolve) => {
        timer = setTimeout(resolve, maxSilentMs, { done: true });
      });
      const { done, value } = await Promise.race([reader.read(), silence]);
      clearTimeout(timer);
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The place in the user's log before `happen` has made it grow. */
export async function missEvents(visitor, happen) {
  let text = "";
  for await (const part of read(await visitor.visit(address(null)), patienceMs)) {
    text += part;
    const [, place] = /^id: (\S+)\n/m.exec(text) ?? [];
    if (place === undefined) continue;
    await happen();
    return place;
  }
  throw new Error("A stream began without an id");
}

/** Opens a stream at that place, and leaves it once it is silent. */
export async function openStream(visitor, place) {
  const response = await visitor.visit(address(place));
  if (response.status === 200) for await (const _part of read(response, silentMs));
  else await response.text();
  const retryAfterMs = 1_000 * Number(response.headers.get("retry-after") ?? 0);
  return { code: response.status === 200 ? "answered" : `${response.status}`, retryAfterMs };
}
