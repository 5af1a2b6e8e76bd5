"use client";

import type { Connection, ToolInfo } from "@mcp-assistant/mcp-redis/shared";
import { type KeyboardEvent, type SubmitEvent, useId, useRef } from "react";
import { ItemHeading } from "../bench/item-heading";
import { Disclosure } from "../ui/disclosure";
import { JsonBlock } from "../ui/json-block";
import { ArgumentsEditor } from "./arguments-editor";
import type { FailedRun } from "./run";
import { RunButton } from "./run-button";
import { RunOutcome } from "./run-outcome";
import { ToolAnnotations, toolTitle } from "./tool-annotations";
import type { ToolDesk } from "./tool-desks";

interface ToolPanelProps {
  connection: Connection;
  tool: ToolInfo;
  desk: ToolDesk;
  /** Why the tool cannot be called right now. */
  obstacle: string | undefined;
  onWrite: (text: string) => void;
  /** Returns false when the text cannot be read as arguments. */
  onCall: () => boolean;
  onRepeat: (failed: FailedRun) => void;
}

/** One tool: its arguments and, beside them, the outcome of its last call. Neither is put into the page's address. */
export function ToolPanel({ connection, tool, desk, obstacle, onWrite, onCall, onRepeat }: ToolPanelProps) {
  const { text, problem, run } = desk;
  const { annotations, description, inputSchema, name } = tool;
  const editor = useRef<HTMLTextAreaElement>(null);
  const headingId = useId();

  const call = () => {
    if (run.status === "running" || obstacle) return;
    if (!onCall()) editor.current?.focus();
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    call();
  };
  const callWithKeys = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    call();
  };

  return (
    <div className="grid gap-6 lg:grid-cols-2">
      <section aria-labelledby={headingId} className="min-w-0">
        <ItemHeading id={headingId} title={toolTitle(tool)} name={name} description={description} />
        <div className="mt-2.5">
          <ToolAnnotations annotations={annotations} />
        </div>
        <form onSubmit={submit} className="mt-4 flex flex-col gap-3">
          <ArgumentsEditor ref={editor} text={text} problem={problem} onKeyDown={callWithKeys} onChange={onWrite} />
          <RunButton run={run} obstacle={obstacle} />
        </form>
        <div className="mt-4">
          <Disclosure title="Input schema">
            <JsonBlock value={inputSchema} label="Input schema" />
          </Disclosure>
        </div>
      </section>
      <RunOutcome connection={connection} run={run} toolName={name} obstacle={obstacle} onRepeat={onRepeat} />
    </div>
  );
}
