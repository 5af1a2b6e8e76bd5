import { isMcpSessionError, McpSessionError } from "@mcp-assistant/protocol";

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

/** The stream was opened for a user other than the one who is signed in. */
export const userChanged = () =>
  new McpSessionError({
    code: "USER_CHANGED",
    message: "Another user is now signed in to this app",
    hint: "Reload the page.",
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

/** Rejects unless `userId` is still the one who is signed in, also with an error of ours that `currentUserId` throws. */
export async function checkUser(userId: string, currentUserId: CurrentUserId): Promise<void> {
  let current: string | null;
  try {
    current = await currentUserId();
  } catch (error) {
    if (isMcpSessionError(error)) throw error;
    throw new UserNotKnownError(error);
  }
  if (!current) throw noUser();
  if (current !== userId) throw userChanged();
}
