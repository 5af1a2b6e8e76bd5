import { errorCatalogue, isMcpSessionError, McpSessionError } from "@mcp-assistant/protocol";

/** Returns the user who is signed in by now, from the app's own authentication, or null. */
export type CurrentUserId = () => Promise<string | null>;

/** There is no user: they have signed out of the app, or never signed in. */
export const noUser = () =>
  new McpSessionError({
    code: "UNAUTHENTICATED",
    message: "You are not signed in to this app",
    hint: "Sign in to the app, or reload the page.",
    retryable: false,
  });

/** The request or stream is for a user other than the one who is signed in. */
export const userChanged = (operatorHint?: string) =>
  new McpSessionError({
    code: "USER_CHANGED",
    message: "Another user is now signed in to this app",
    hint: "Reload the page.",
    operatorHint,
    retryable: false,
  });

/**
 * The app could not tell who is signed in to it. This may be temporary: the client reopens the stream and finds out
 * then. Its cause is the app's own error.
 */
export class UserNotKnownError extends Error {
  constructor(cause?: unknown) {
    super("The app could not tell who is signed in", { cause });
    this.name = "UserNotKnownError";
  }
}

/** What the log says of an error: the app's own error, if that is the reason. */
export const appErrorOf = (error: unknown): unknown => (error instanceof UserNotKnownError ? error.cause : error);

/** How long (ms) `userId` and `onAuth` may each take for an answer. */
const maxAnswerMs = 30_000;

const noAnswer = () =>
  new McpSessionError({
    code: "INTERNAL",
    message: "Something went wrong in the app",
    hint: errorCatalogue.INTERNAL.hint,
    operatorHint: `The option userId or onAuth has not answered for ${maxAnswerMs / 1_000} s.`,
    retryable: true,
  });

/**
 * Asks `userId` or `onAuth` of the app. Rejects with a {@link UserNotKnownError} if it fails or takes too long, but
 * with an error of ours as it is.
 */
export async function askApp<T>(ask: () => T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new UserNotKnownError(noAnswer())), maxAnswerMs).unref();
  });
  try {
    return await Promise.race([ask(), late]);
  } catch (error) {
    throw isMcpSessionError(error) || error instanceof UserNotKnownError ? error : new UserNotKnownError(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects unless `userId` is still the one who is signed in, also with what {@link askApp} rejects with. */
export async function checkUser(userId: string, currentUserId: CurrentUserId): Promise<void> {
  const current = await askApp(currentUserId);
  if (!current) throw noUser();
  if (current !== userId) throw userChanged();
}
