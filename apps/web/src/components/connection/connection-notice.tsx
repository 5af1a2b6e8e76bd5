"use client";

import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { ErrorNotice } from "../ui/error-notice";
import { Notice } from "../ui/notice";
import { BlockedSignIn } from "./blocked-sign-in";
import { useConnecting } from "./connecting";
import { MorePermission } from "./more-permission";
import { wantsMore } from "./state-look";

/** Explains a connection's state where the badge is not enough. For a connected one: only a missing permission. */
export function ConnectionNotice({ connection }: { connection: Connection }) {
  const { blocked } = useConnecting();
  const { authUrl, error, reason, sessionId, state } = connection;
  const isBlocked = authUrl !== null && blocked.has(sessionId);
  const notices = [
    error && <ErrorNotice key="error" error={error} />,
    reason && <Notice key="reason" tone="neutral" title={reason} />,
    isBlocked && !wantsMore(connection) && <BlockedSignIn key="blocked" sessionId={sessionId} authUrl={authUrl} />,
    wantsMore(connection) && <MorePermission key="more" connection={connection} />,
    state === "AUTHENTICATING" && !isBlocked && (
      <p key="waiting" className="text-sm text-muted">
        Finish the sign-in in its window. If you cannot see it, choose “Open sign-in again”.
      </p>
    ),
  ].filter(Boolean);
  return notices.length > 0 && <div className="mt-4 flex flex-col gap-2">{notices}</div>;
}
