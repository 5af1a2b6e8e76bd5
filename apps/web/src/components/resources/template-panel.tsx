"use client";

import type { ResourceTemplateInfo } from "@mcp-assistant/mcp-redis/shared";
import { type SubmitEvent, useId, useMemo, useState } from "react";
import { ItemHeading } from "../bench/item-heading";
import { ResourceReader } from "../content/resource-reader";
import { ArgumentFields, filledIn } from "../offers/argument-fields";
import { useTypedArguments } from "../offers/typed-arguments";
import { expandTemplate, parseTemplate, variablesOf } from "../offers/uri-template";
import { Button } from "../ui/button";
import { Notice } from "../ui/notice";

interface TemplatePanelProps {
  sessionId: string;
  isConnected: boolean;
  uriTemplate: string;
  /** What the server's list says of it. */
  info: ResourceTemplateInfo | undefined;
}

/** One template: a field for each of its variables, and what the resource holds that they name. */
export function TemplatePanel({ sessionId, isConnected, uriTemplate, info }: TemplatePanelProps) {
  const headingId = useId();
  const parts = useMemo(() => parseTemplate(uriTemplate), [uriTemplate]);
  const reference = { type: "ref/resource", uri: uriTemplate } as const;
  const [values, setValues] = useTypedArguments({ sessionId, reference });
  const [read, setRead] = useState<{ uri: string; times: number } | undefined>();
  const title = info?.title ?? info?.name ?? uriTemplate;
  const uri = parts && expandTemplate(parts, values);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (uri === undefined || !isConnected) return;
    setRead({ uri, times: (read?.times ?? 0) + 1 });
  };
  return (
    <section aria-labelledby={headingId} className="min-w-0">
      <ItemHeading id={headingId} title={title} name={uriTemplate} description={info?.description} />
      {parts === undefined ? (
        <div className="mt-4">
          <Notice
            tone="warning"
            title="This template cannot be read"
            hint="Its server did not write it as RFC 6570 says."
          />
        </div>
      ) : (
        <form onSubmit={submit} className="mt-4 flex max-w-xl flex-col gap-3">
          <ArgumentFields
            sessionId={sessionId}
            reference={reference}
            fields={variablesOf(parts).map((name) => ({ name }))}
            values={values}
            onChange={setValues}
          />
          <div className="flex flex-wrap items-center gap-3">
            <Button type="submit" variant="primary" unavailable={!isConnected} className="min-h-10 px-5">
              Read
            </Button>
            {!isConnected && <span className="text-[0.8125rem] text-muted">Connect the server first.</span>}
            {filledIn(values) && (
              <code className="min-w-0 flex-1 font-mono text-xs text-muted wrap-anywhere">{uri}</code>
            )}
          </div>
        </form>
      )}
      {read !== undefined && (
        <div className="mt-6">
          <ResourceReader key={read.uri} sessionId={sessionId} uri={read.uri} label={read.uri} asked={read.times} />
        </div>
      )}
    </section>
  );
}
