"use client";

import { useRemove } from "@mcp-assistant/mcp-redis/client";
import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { Trash2 } from "lucide-react";
import { useAnnounceError } from "../announcements/use-announce-error";
import { Button } from "../ui/button";
import { ConfirmDialog } from "./confirm-dialog";

interface RemoveDialogProps {
  connection: Connection;
  onRemoved: () => void;
}

/** Removes a connection after asking, because its sign-in is deleted for good. */
export function RemoveDialog({ connection, onRemoved }: RemoveDialogProps) {
  const remove = useRemove({ onError: useAnnounceError() });
  const { serverName, sessionId } = connection;
  return (
    <ConfirmDialog
      title={`Remove ${serverName}?`}
      description="This ends the connection and deletes any saved sign-in or key. To use this server again, you will need to connect again."
      action="Remove"
      keep="Keep it"
      mutation={remove}
      sessionId={sessionId}
      onDone={onRemoved}
    >
      <Button variant="quiet" aria-label={`Remove ${serverName}`}>
        <Trash2 aria-hidden="true" />
        <span className="max-sm:hidden">Remove</span>
      </Button>
    </ConfirmDialog>
  );
}
