import { AuthorizationFailedError, LimitExceededError } from "../../errors.js";
import { type Fetch, withDeadline } from "../../outbound/guarded-fetch.js";

/** The maximum (bytes, decompressed) that is read of a metadata document. */
export const maxMetadataBytes = 262_144;

/** The maximum (bytes, decompressed) that is read of an answer to a registration or a token request. */
export const maxAnswerBytes = 65_536;

/**
 * `fetch` for requests to authorization servers. Each answer is read in full, up to `bytes`, and everything done with
 * this fetch takes at most `ms` from now on. A POST is not redirected, not even within its origin (RFC 9700 §4.12).
 *
 * Throws what `fetch` throws, and an {@link AuthorizationFailedError} for an answer over a limit or a redirect of a
 * POST.
 */
export function boundedFetch(fetch: Fetch, { ms, bytes }: { ms: number; bytes: number }): Fetch {
  const inTime = withDeadline(fetch, ms);
  return async (input, init) => {
    const response = await inTime(input, { ...init, bytes }).catch((error: unknown) => {
      if (!(error instanceof LimitExceededError)) throw error;
      throw unusable(error.message, "has to correct that");
    });
    const { status } = response;
    if (init?.method === "POST" && status >= 300 && status < 400) {
      throw unusable(
        `${new URL(input).host} sends the request elsewhere`,
        "has to answer it at the address that its metadata names",
      );
    }
    return response;
  };
}

const unusable = (message: string, remedy: string) =>
  new AuthorizationFailedError({
    message,
    hint: `The sign-in cannot go on: the authorization server's operator ${remedy}.`,
    retryable: false,
  });
