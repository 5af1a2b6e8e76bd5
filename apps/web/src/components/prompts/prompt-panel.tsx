"use client";

import { useGetPrompt } from "@mcp-assistant/mcp-redis/client";
import type { PromptInfo } from "@mcp-assistant/mcp-redis/shared";
import { LoaderCircle } from "lucide-react";
import { type SubmitEvent, useId, useRef } from "react";
import { useAnnounce } from "../announcements/announcer";
import { ItemHeading } from "../bench/item-heading";
import { ArgumentFields } from "../offers/argument-fields";
import { useTypedArguments } from "../offers/typed-arguments";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import { PromptMessages } from "./prompt-messages";

interface PromptPanelProps {
  sessionId: string;
  isConnected: boolean;
  prompt: PromptInfo;
}

/** One prompt: a field for each of its arguments, and beside it the messages that the server makes of them. */
export function PromptPanel({ sessionId, isConnected, prompt }: PromptPanelProps) {
  const { name, title = name, description } = prompt;
  const fields = (prompt.arguments ?? []).map((argument) => ({ ...argument, required: argument.required ?? false }));
  const headingId = useId();
  const announce = useAnnounce();
  const reference = { type: "ref/prompt", name } as const;
  const [values, setValues] = useTypedArguments({ sessionId, reference });
  const aborting = useRef<AbortController | undefined>(undefined);
  const { data, error, isPending, mutate } = useGetPrompt(sessionId, {
    onSuccess: ({ messages }) =>
      announce(`${title}: ${messages.length} ${messages.length === 1 ? "message" : "messages"}`),
    onError: ({ code, message }) => announce(`${title}: ${code === "CANCELLED" ? "cancelled" : message}`),
  });
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isPending || !isConnected) return;
    aborting.current = new AbortController();
    const filled = [...values].filter(([, value]) => value !== "");
    mutate({ name, arguments: Object.fromEntries(filled), signal: aborting.current.signal });
  };
  const isCancelled = error?.code === "CANCELLED";
  return (
    <div className="grid gap-6 lg:grid-cols-2">
      <section aria-labelledby={headingId} className="min-w-0">
        <ItemHeading id={headingId} title={title} name={name} description={description} />
        <form onSubmit={submit} className="mt-4 flex flex-col gap-3">
          <ArgumentFields
            sessionId={sessionId}
            reference={reference}
            fields={fields}
            values={values}
            onChange={setValues}
          />
          <div className="flex flex-wrap items-center gap-3">
            {isPending ? (
              <Button
                onClick={(event) => {
                  // React reuses this button as the submit button, which keeps the focus. The same click must not submit.
                  event.preventDefault();
                  aborting.current?.abort();
                }}
              >
                Cancel
              </Button>
            ) : (
              <Button type="submit" variant="primary" unavailable={!isConnected} className="min-h-10 px-5">
                Show messages
              </Button>
            )}
            {!isConnected && <span className="text-[0.8125rem] text-muted">Connect the server first.</span>}
          </div>
        </form>
      </section>
      <section aria-label="Messages" tabIndex={-1} aria-busy={isPending} className="min-w-0 rounded-card">
        {isPending && (
          <p className="flex items-center justify-center gap-2 rounded-card border border-dashed px-6 py-12 text-sm text-muted">
            <LoaderCircle aria-hidden="true" className="size-4 animate-spin motion-reduce:animate-none" />
            Waiting for the server…
          </p>
        )}
        {!isPending && error && !isCancelled && <ErrorNotice error={error} />}
        {!isPending && data && <PromptMessages sessionId={sessionId} result={data} />}
        {!isPending && !data && (!error || isCancelled) && (
          <p className="rounded-card border border-dashed px-6 py-12 text-center text-sm text-muted">
            The messages will appear here.
          </p>
        )}
      </section>
    </div>
  );
}
