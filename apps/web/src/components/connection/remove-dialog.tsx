import { Trash2 } from "lucide-react";
import { Button } from "../ui/button";
import { ConfirmDialog } from "./confirm-dialog";

interface RemoveDialogProps {
  serverName: string;
  /** Rejects with a typed error when it cannot be removed. */
  remove: () => Promise<unknown>;
  onRemoved: () => void;
}

/** Removes a connection after asking: with it goes the sign-in, which nothing brings back. */
export function RemoveDialog({ serverName, remove, onRemoved }: RemoveDialogProps) {
  return (
    <ConfirmDialog
      title={`Remove ${serverName}?`}
      description="The connection ends and its sign-in is erased. To use this server again, you connect and sign in anew."
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
