import type { Mcp, McpUser } from "@mcp-assistant/core";
import { McpSessionError } from "@mcp-assistant/protocol";
import { askApp, type CurrentUserId, noUser, userChanged } from "../../stream/current-user.js";

export interface CallerOptions {
  mcp: Mcp;
  /** The app's own authentication. */
  userId: (request: Request) => string | null | undefined | Promise<string | null | undefined>;
  /** Whether this user may use the app's connections. */
  onAuth?: ((userId: string) => boolean | Promise<boolean>) | undefined;
}

/** The user who sends a request, from the app's own authentication alone. */
export interface Caller {
  user: McpUser;
  /** Who is signed in by now. */
  currentUserId: CurrentUserId;
  /** Rejects with `ACCESS_DENIED` if this user may not use the app's connections. */
  authorize: (userId: string) => Promise<void>;
}

/** The header in which a browser names the user whom it expects, as `encodeURIComponent` writes it. */
const expectedUserHeader = "x-mcp-user";

/**
 * Rejects with `UNAUTHENTICATED`, `USER_ID_INVALID`, `USER_CHANGED`, `ACCESS_DENIED`, `REQUEST_REFUSED` for a query that
 * names another user or carries a token, or what {@link askApp} rejects with.
 */
export async function identify(request: Request, { mcp, userId, onAuth }: CallerOptions): Promise<Caller> {
  const { searchParams } = new URL(request.url);
  if (searchParams.has("authToken")) throw tokenInAddress();
  const currentUserId: CurrentUserId = async () => (await userId(request)) || null;
  const asking = await askApp(currentUserId);
  if (!asking) throw noUser();
  if (searchParams.getAll("userId").some((named) => named !== asking)) throw otherUserInAddress();
  const expected = request.headers.get(expectedUserHeader);
  if (expected !== null && expected !== encoded(asking)) throw userChanged(otherUserExpected);
  const user = mcp.forUser(asking);
  const authorize = (id: string) => checkAllowed(onAuth, id);
  await authorize(user.userId);
  return { user, currentUserId, authorize };
}

/** Rejects with `ACCESS_DENIED` unless the app allows it, or with what {@link askApp} rejects with. */
export async function checkAllowed(onAuth: CallerOptions["onAuth"], userId: string): Promise<void> {
  if (onAuth && (await askApp(() => onAuth(userId))) !== true) throw accessDenied();
}

/** As in the header; undefined for text that cannot be encoded, which no header can match. */
function encoded(userId: string): string | undefined {
  try {
    return encodeURIComponent(userId);
  } catch {
    return undefined;
  }
}

const accessDenied = () =>
  new McpSessionError({
    code: "ACCESS_DENIED",
    message: "You are not allowed to use the connections of this app",
    hint: "Ask the people who run this app for access.",
    retryable: false,
  });

const tokenInAddress = () =>
  new McpSessionError({
    code: "REQUEST_REFUSED",
    message: "The address of this request contains a token, which logs and histories would keep",
    hint: "Contact the people who run this app.",
    operatorHint:
      "Take authToken out of the url. Write useMcp({ url, authToken }) or new SSEClient({ url, authToken }): it is sent as a header.",
    retryable: false,
  });

const otherUserInAddress = () =>
  new McpSessionError({
    code: "REQUEST_REFUSED",
    message: "The address of this request names a user who is not the one who is signed in",
    hint: "Sign in to the app as that user, or reload the page.",
    operatorHint:
      'Take userId out of the url: useMcp({ url: "/api/mcp/sse" }). The server asks your own authentication, the option userId of createSSEHandler.',
    retryable: false,
  });

const otherUserExpected =
  "The option userId of SSEClient is not the user whom your server's authentication names. It is only compared.";
