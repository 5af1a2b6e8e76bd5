"use client";

import { useSignOut } from "@mcp-assistant/mcp-redis/client";
import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { LogOut } from "lucide-react";
import { useAnnounceError } from "../announcements/use-announce-error";
import { Button } from "../ui/button";
import { ConfirmDialog } from "./confirm-dialog";
import { cardId } from "./server-address";

/** Signs out of a connection after asking. The connection stays in the list, and its card gets the focus. */
export function SignOutDialog({ connection }: { connection: Connection }) {
  const signOut = useSignOut({ onError: useAnnounceError() });
  const { serverName, sessionId } = connection;
  return (
    <ConfirmDialog
      title={`Sign out of ${serverName}?`}
      description="This ends the connection and your sign-in, also on the server if it allows that. The connection stays in your list. To connect again, you sign in again."
      action="Sign out"
      keep="Stay signed in"
      mutation={signOut}
      sessionId={sessionId}
      onDone={() => document.getElementById(cardId(sessionId))?.focus()}
    >
      <Button variant="quiet" aria-label={`Sign out of ${serverName}`}>
        <LogOut aria-hidden="true" />
        <span className="max-sm:hidden">Sign out</span>
      </Button>
    </ConfirmDialog>
  );
}
