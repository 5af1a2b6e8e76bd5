"use client";

import { useMcp } from "@mcp-assistant/mcp-redis/client";
import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { LogOut } from "lucide-react";
import { Button } from "../ui/button";
import { ConfirmDialog } from "./confirm-dialog";
import { cardId } from "./server-address";

/** Signs out of a connection after asking; the connection stays, and the focus on its card. */
export function SignOutDialog({ connection }: { connection: Connection }) {
  const { signOut } = useMcp();
  const { serverName, sessionId } = connection;
  return (
    <ConfirmDialog
      title={`Sign out of ${serverName}?`}
      description="The connection ends, and its sign-in is erased here and, where the server offers that, taken back there. The connection stays in your list; connecting it again asks for a sign-in."
      action="Sign out"
      keep="Stay signed in"
      perform={() => signOut(sessionId)}
      onDone={() => document.getElementById(cardId(sessionId))?.focus()}
    >
      <Button variant="quiet" aria-label={`Sign out of ${serverName}`}>
        <LogOut aria-hidden="true" />
        <span className="max-sm:hidden">Sign out</span>
      </Button>
    </ConfirmDialog>
  );
}
