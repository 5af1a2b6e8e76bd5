"use client";

import { Trash2 } from "lucide-react";
import { AlertDialog } from "radix-ui";
import { useRef, useState } from "react";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import { useAction } from "../ui/use-action";

interface RemoveDialogProps {
  serverName: string;
  /** Rejects with a typed error when it cannot be removed. */
  remove: () => Promise<unknown>;
  /** Called when the dialog has gone: its button may have gone, too, so the focus needs another place. */
  onRemoved: () => void;
}

/** Removes a connection after asking: with it goes the sign-in, which nothing brings back. */
export function RemoveDialog({ serverName, remove, onRemoved }: RemoveDialogProps) {
  const [open, setOpen] = useState(false);
  // The event stream may take the card away, and this dialog with it, before the answer is here.
  const confirmed = useRef(false);
  const removing = useAction(async () => {
    confirmed.current = true;
    try {
      await remove();
      setOpen(false);
    } catch (error) {
      confirmed.current = false;
      throw error;
    }
  });
  return (
    <AlertDialog.Root
      open={open}
      onOpenChange={(next) => {
        removing.forgetError();
        setOpen(next);
      }}
    >
      <AlertDialog.Trigger asChild>
        <Button variant="quiet" aria-label={`Remove ${serverName}`}>
          <Trash2 aria-hidden="true" />
          <span className="max-sm:hidden">Remove</span>
        </Button>
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-20 bg-black/50" />
        <AlertDialog.Content
          onCloseAutoFocus={(event) => {
            if (!confirmed.current) return;
            event.preventDefault();
            onRemoved();
          }}
          className="fixed top-1/2 left-1/2 z-30 w-[calc(100%-2rem)] max-w-md -translate-x-1/2 -translate-y-1/2 rounded-card border bg-surface-raised p-6 shadow-xl"
        >
          <AlertDialog.Title className="text-lg font-semibold tracking-tight wrap-anywhere">
            Remove {serverName}?
          </AlertDialog.Title>
          <AlertDialog.Description className="mt-2 text-sm text-muted">
            The connection ends and its sign-in is erased. To use this server again, you connect and sign in anew.
          </AlertDialog.Description>
          {removing.error && (
            <div className="mt-4">
              <ErrorNotice error={removing.error} />
            </div>
          )}
          <div className="mt-6 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>Keep it</Button>
            </AlertDialog.Cancel>
            <Button variant="danger" pending={removing.pending} onClick={() => removing.run()}>
              Remove
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
