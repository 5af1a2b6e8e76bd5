"use client";

import { AlertDialog } from "radix-ui";
import { type ReactNode, useRef, useState } from "react";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import { useAction } from "../ui/use-action";

interface ConfirmDialogProps {
  /** The element that opens the dialog. */
  children: ReactNode;
  title: string;
  description: string;
  /** The label of the button that confirms. */
  action: string;
  /** The label of the button that closes the dialog without doing anything. */
  keep: string;
  /** Rejects with a typed error when the action fails. */
  perform: () => Promise<unknown>;
  /** Called when the dialog has closed. The button that opened it may be gone too, so the focus needs another place. */
  onDone: () => void;
}

/** Asks for confirmation before something that cannot be undone. */
export function ConfirmDialog({ children, title, description, action, keep, perform, onDone }: ConfirmDialogProps) {
  const [open, setOpen] = useState(false);
  // The event stream may remove the button, and this dialog with it, before the answer arrives.
  const confirmed = useRef(false);
  const performing = useAction(async () => {
    confirmed.current = true;
    try {
      await perform();
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
        performing.forgetError();
        setOpen(next);
      }}
    >
      <AlertDialog.Trigger asChild>{children}</AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-20 bg-black/50" />
        <AlertDialog.Content
          onCloseAutoFocus={(event) => {
            if (!confirmed.current) return;
            confirmed.current = false;
            event.preventDefault();
            onDone();
          }}
          className="fixed top-1/2 left-1/2 z-30 w-[calc(100%-2rem)] max-w-md -translate-x-1/2 -translate-y-1/2 rounded-card border bg-surface-raised p-6 shadow-xl"
        >
          <AlertDialog.Title className="text-lg font-semibold tracking-tight wrap-anywhere">{title}</AlertDialog.Title>
          <AlertDialog.Description className="mt-2 text-sm text-muted">{description}</AlertDialog.Description>
          {performing.error && (
            <div className="mt-4">
              <ErrorNotice error={performing.error} />
            </div>
          )}
          <div className="mt-6 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>{keep}</Button>
            </AlertDialog.Cancel>
            <Button variant="danger" pending={performing.pending} onClick={() => performing.run()}>
              {action}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
