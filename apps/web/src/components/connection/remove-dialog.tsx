"use client";

import { Trash2 } from "lucide-react";
import { AlertDialog } from "radix-ui";
import { useState } from "react";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import { useAction } from "../ui/use-action";

interface RemoveDialogProps {
  serverName: string;
  /** Rejects with a typed error when it cannot be removed. */
  remove: () => Promise<unknown>;
  onRemoved: () => void;
}

/** Removes a connection after asking: with it goes the sign-in, which nothing brings back. */
export function RemoveDialog({ serverName, remove, onRemoved }: RemoveDialogProps) {
  const [open, setOpen] = useState(false);
  const removing = useAction(async () => {
    await remove();
    setOpen(false);
    onRemoved();
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
          Remove
        </Button>
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-20 bg-black/50" />
        <AlertDialog.Content className="fixed top-1/2 left-1/2 z-30 w-[calc(100%-2rem)] max-w-md -translate-x-1/2 -translate-y-1/2 rounded-card border bg-surface-raised p-6 shadow-xl">
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
