"use client";

import { useRename } from "@mcp-assistant/mcp-redis/client";
import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { CircleAlert, Pencil } from "lucide-react";
import { Dialog } from "radix-ui";
import { type SubmitEvent, useId, useRef, useState } from "react";
import { useAnnounce } from "../announcements/announcer";
import { useAnnounceError } from "../announcements/use-announce-error";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import { Input } from "../ui/input";

/** Gives a connection another name. */
export function RenameDialog({ connection }: { connection: Connection }) {
  const [open, setOpen] = useState(false);
  const { serverName } = connection;
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger asChild>
        <Button variant="quiet" className="-ml-2" aria-label={`Rename ${serverName}`}>
          <Pencil aria-hidden="true" />
          <span className="max-sm:hidden">Rename</span>
        </Button>
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-20 bg-black/50" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-1/2 left-1/2 z-30 w-[calc(100%-2rem)] max-w-md -translate-x-1/2 -translate-y-1/2 rounded-card border bg-surface-raised p-6 shadow-xl"
        >
          <Dialog.Title className="text-lg font-semibold tracking-tight">Rename this connection</Dialog.Title>
          <RenameForm connection={connection} onDone={() => setOpen(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function RenameForm({ connection, onDone }: { connection: Connection; onDone: () => void }) {
  const { serverName, sessionId } = connection;
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const announce = useAnnounce();
  const [isMissing, setIsMissing] = useState(false);
  const { error, isPending, mutate } = useRename({ onError: useAnnounceError() });
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isPending) return;
    const wanted = (field.current?.value ?? "").trim();
    setIsMissing(wanted === "");
    if (wanted === "") return field.current?.focus();
    if (wanted === serverName) return onDone();
    const onSuccess = () => {
      announce(`Renamed to ${wanted}`);
      onDone();
    };
    mutate({ sessionId, serverName: wanted }, { onSuccess });
  };
  return (
    <form noValidate onSubmit={submit} className="mt-4">
      <label htmlFor={id} className="text-sm font-medium">
        Name
      </label>
      <Input
        ref={field}
        id={id}
        defaultValue={serverName}
        dir="auto"
        autoComplete="off"
        maxLength={128}
        aria-required="true"
        aria-invalid={isMissing}
        aria-describedby={isMissing ? `${id}-problem` : undefined}
        onFocus={({ target }) => target.select()}
        onChange={() => setIsMissing(false)}
        className="mt-1.5"
      />
      {isMissing && (
        <p id={`${id}-problem`} className="mt-2 flex gap-2 text-sm font-medium text-danger">
          <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
          Type a name.
        </p>
      )}
      {error && (
        <div className="mt-4">
          <ErrorNotice error={error} />
        </div>
      )}
      <div className="mt-6 flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" variant="primary" pending={isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
