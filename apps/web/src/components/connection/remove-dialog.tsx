import { Trash2 } from "lucide-react";
import { Button } from "../ui/button";
import { ConfirmDialog } from "./confirm-dialog";

interface RemoveDialogProps {
  serverName: string;
  /** Rejects with a typed error when the connection cannot be removed. */
  remove: () => Promise<unknown>;
  onRemoved: () => void;
}

/** Removes a connection after asking, because its sign-in is deleted for good. */
export function RemoveDialog({ serverName, remove, onRemoved }: RemoveDialogProps) {
  return (
    <ConfirmDialog
      title={`Remove ${serverName}?`}
      description="This ends the connection and deletes any saved sign-in or key. To use this server again, you will need to connect again."
      action="Remove"
      keep="Keep it"
      perform={remove}
      onDone={onRemoved}
    >
      <Button variant="quiet" aria-label={`Remove ${serverName}`}>
        <Trash2 aria-hidden="true" />
        <span className="max-sm:hidden">Remove</span>
      </Button>
    </ConfirmDialog>
  );
}
