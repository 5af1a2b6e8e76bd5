import { AuthorizationFailedError, ServerUnreachableError } from "../errors.js";
import { type Fetch, withDeadline } from "../outbound/guarded-fetch.js";

/** The most (bytes, decompressed) that is read of a metadata document. */
export const longestMetadata = 262_144;

/** The most (bytes, decompressed) that is read of an answer to a registration or a token request. */
export const longestAnswer = 65_536;

/**
 * `fetch` for what authorization servers say: each answer is read to its end, up to `bytes`, and everything that is done
 * with it takes at most `ms` from now on. A request that carries something (POST) is not redirected, not even within its
 * origin (RFC 9700 §4.12).
 *
 * Throws what `fetch` throws; an {@link AuthorizationFailedError} for an answer that is too large or a redirect of a
 * POST; a {@link ServerUnreachableError} when the answer does not arrive in full and in time.
 */
export function boundedFetch(fetch: Fetch, { ms, bytes }: { ms: number; bytes: number }): Fetch {
  const inTime = withDeadline(fetch, ms);
  return async (input, init) => {
    const { host } = new URL(input);
    const response = await inTime(input, init);
    const { status, headers } = response;
    if (init?.method === "POST" && status >= 300 && status < 400) {
      await response.body?.cancel();
      throw unusable(host, "sends the request elsewhere", "has to answer it at the address that its metadata names");
    }
    const text = await readText(response, { host, bytes });
    // The SDK recognises errors only in a Response of this realm's own class.
    return new Response(text || null, { status, headers });
  };
}

async function readText({ body }: Response, { host, bytes }: { host: string; bytes: number }): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body ?? []) {
      length += chunk.length;
      // Leaving the loop cancels the rest.
      if (length > bytes) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new ServerUnreachableError({
      message: `${host} did not send its answer in full`,
      hint: "Try again. If it keeps happening, the server is overloaded or broken.",
      retryable: true,
      cause,
    });
  }
  if (length > bytes) {
    throw unusable(host, `answers with more than ${bytes / 1_024} KiB`, "has to correct that");
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

const unusable = (host: string, what: string, remedy: string) =>
  new AuthorizationFailedError({
    message: `${host} ${what}`,
    hint: `The sign-in cannot go on: the authorization server's operator ${remedy}.`,
    retryable: false,
  });
