"use client";

import type { McpSessionError } from "@mcp-assistant/mcp-redis/shared";
import type { UseMutationResult } from "@tanstack/react-query";
import { AlertDialog } from "radix-ui";
import { type ReactNode, useRef, useState } from "react";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";

interface ConfirmDialogProps {
  /** The element that opens the dialog. */
  children: ReactNode;
  title: string;
  description: string;
  /** The label of the button that confirms. */
  action: string;
  /** The label of the button that closes the dialog without doing anything. */
  keep: string;
  /** What confirming does to the connection. */
  mutation: UseMutationResult<void, McpSessionError, string>;
  sessionId: string;
  /** Called when the dialog has closed. The button that opened it may be gone too, so the focus needs another place. */
  onDone: () => void;
}

/** Asks for confirmation before something that cannot be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { children, title, description, action, keep, mutation, sessionId, onDone } = props;
  const [open, setOpen] = useState(false);
  // The event stream may remove the button, and this dialog with it, before the answer arrives.
  const confirmed = useRef(false);
  const confirm = () => {
    confirmed.current = true;
    mutation.mutate(sessionId, {
      onSuccess: () => setOpen(false),
      onError: () => {
        confirmed.current = false;
      },
    });
  };
  return (
    <AlertDialog.Root
      open={open}
      onOpenChange={(next) => {
        if (!mutation.isPending) mutation.reset();
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
          {mutation.error && (
            <div className="mt-4">
              <ErrorNotice error={mutation.error} />
            </div>
          )}
          <div className="mt-6 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>{keep}</Button>
            </AlertDialog.Cancel>
            <Button variant="danger" pending={mutation.isPending} onClick={confirm}>
              {action}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
